"""Names of what ``convert`` writes into its output folder."""

MODEL = "model.tflite"
FLOAT_MODEL = "model_float.tflite"
FIRMWARE = "firmware"
REPORT = "report.json"
COMPARE = "compare.json"

"""Train a tiny classifier of handwritten digits; the same seed gives the same model."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
images, labels = load_digits(return_X_y=True)
x = (images.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
order = np.random.default_rng(1).permutation(len(x))
train, unseen = order[:1000], order[1000:]

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(8, 3, activation="relu", name="conv"),
        keras.layers.MaxPooling2D(2, name="pool"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(10, activation="softmax", name="digit"),
    ]
)
model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
model.fit(x[train], labels[train], batch_size=32, epochs=25, verbose=0)
model.save("model.keras")
np.savez_compressed("samples.npz", x=x[unseen], y=labels[unseen])

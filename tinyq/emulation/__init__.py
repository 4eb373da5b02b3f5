"""Devices that run the firmware and speak its protocol: emulators, and real boards over a serial port."""

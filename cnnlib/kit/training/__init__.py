"""The engine behind `stride train`: recipes run by a loop that one can read. Its door is cnnlib/kit/train.py."""

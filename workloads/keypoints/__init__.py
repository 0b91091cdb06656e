"""Fifteen points of a face in grey images of 96 x 96, as Kaggle's Facial Keypoints Detection has them."""

"""Tables of faces and their keypoints: read from CSV, made up, and written as predictions."""

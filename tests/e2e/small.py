"""Workloads at a size at which they take seconds on two processors."""

SMALL = {
    "otto": "--synthetic 1500 --epochs 3 --batch-size 32",
    "keypoints": "--synthetic 300 --epochs 4 --batch-size 16",
    "optimizers": "--epochs 1 --seeds 2 --limit 2048 --min-accuracy 0.3",
    "style_transfer": "--size 384x256 --width 8 --steps 6 --crop 64 --batch-size 2",
    "gpu_burn": "--seconds 2 --precisions float32,bfloat16 --size 128 --memory-share 0.001",
}
"""What each workload is asked."""

"""Runs a PyTorch peer, which is written for the processor, with its tensors on another device; float32 is float32 there too.

    python on_device.py cuda PATH/torch_peer.py --workload w1 --variant compile_func ...
"""
import os
import runpy
import sys

import torch

device, script, *options = sys.argv[1:]
on_host = torch.from_numpy
torch.from_numpy = lambda array: on_host(array).to(device)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
sys.argv = [script, *options]
runpy.run_path(script, run_name="__main__")

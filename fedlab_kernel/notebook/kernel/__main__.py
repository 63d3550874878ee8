"""`python -m fedlab_kernel.notebook.kernel -f FILE`, as Jupyter starts the kernel."""

from __future__ import annotations

import sys
from pathlib import Path

# `-m` lets files of the notebook's folder take the place of libraries; the shell adds the folder again, behind those.
if sys.path and Path(sys.path[0] or ".").resolve() == Path.cwd():
    del sys.path[0]

from ipykernel.kernelapp import IPKernelApp

from fedlab_kernel.notebook.kernel.kernel import FedlabKernel

if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=FedlabKernel)

"""`python -P -m fedlab_kernel.notebook.kernel -f FILE`, as Jupyter starts the kernel."""

from __future__ import annotations

import sys

from ipykernel.kernelapp import IPKernelApp

from .kernel import FedlabKernel

if __name__ == "__main__":
    # -P keeps files of the notebook's folder from taking the place of libraries; `%%python` imports them all the same.
    sys.path.append("")
    IPKernelApp.launch_instance(kernel_class=FedlabKernel)

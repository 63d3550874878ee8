"""Jupyter's own tests of kernels, on the fedlab kernel with real hospitals."""

from __future__ import annotations

from typing import ClassVar

import jupyter_kernel_test
import pytest

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("kernelspec")]


class TestFedlabKernel(jupyter_kernel_test.KernelTests):
    """All of them apply."""

    kernel_name = "fedlab"
    language_name = "fedquery"
    file_extension = ".fq"
    code_hello_world = "%%python\nprint('hello, world')"
    code_stderr = "%%local\nimport sys\nprint('x', file=sys.stderr)"
    completion_samples: ClassVar = [
        {"text": "hist", "matches": {"histogram"}},
        {"text": "%%loc", "matches": {"%%local"}},
    ]
    complete_code_samples: ClassVar = ["", "mean(x)", "import os", "%%python\n1 + 2", "%%fedquery -o a\nx = 1", "mean?"]
    incomplete_code_samples: ClassVar = ["mean(x,", "def f(x):", "%%python\nprint(", "%%fedquery\nx = ("]
    invalid_code_samples: ClassVar = ["import = 7q", "x = 1\ny = )", "%%fedquery\nx = 1\ny = )"]
    code_page_something = "mean?"
    code_generate_error = "import os"
    code_execute_result: ClassVar = [{"code": "%%python\n1 + 2", "result": "3"}]
    code_display_data: ClassVar = [
        {"code": "%%python\nfrom IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))", "mime": "text/html"},
        {
            "code": "%%local\n%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
            "mime": "image/png",
        },
    ]
    code_history_pattern = "%%python?1*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "mean"
    code_clear_output = "%%python\nfrom IPython.display import clear_output\nclear_output()"

    @classmethod
    def setUpClass(cls) -> None:
        """Start the kernel, and wait until the hospitals are there."""
        super().setUpClass()
        assert cls.kc.execute_interactive("x = 1", timeout=60, output_hook=lambda _: None)["content"]["status"] == "ok"


class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    """A client hears that it is subscribed."""

    kernel_name = "fedlab"
    support_iopub_welcome = True

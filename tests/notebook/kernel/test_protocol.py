"""Jupyter's own tests of kernels, on the fedlab kernel with real hospitals."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import jupyter_kernel_test
import pytest
from jupyter_client.manager import KernelManager

from tests.notebook.live import PATIENCE

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("kernelspec")]


def manager(kernel: str) -> KernelManager:
    """A kernel to be started, which listens where nobody else can."""
    place = Path(os.environ["FEDLAB_STATE"]).parent / uuid.uuid4().hex[:6]
    return KernelManager(kernel_name=kernel, transport="ipc", ip=str(place))


def patient(get: Callable[[float], Any]) -> Callable[..., Any]:
    """A channel's `get_msg` that waits longer than the tenth of a second in which a busy machine is late."""
    return lambda timeout=0.0: get(max(timeout or 0.0, PATIENCE))


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
        cls.km = manager(cls.kernel_name)
        cls.km.start_kernel()
        cls.kc = cls.km.client()
        cls.kc.start_channels()
        cls.kc.wait_for_ready(PATIENCE)
        first = cls.kc.execute_interactive("x = 1", timeout=PATIENCE, output_hook=lambda _: None)
        assert first["content"]["status"] == "ok"
        for channel in (cls.kc.shell_channel, cls.kc.iopub_channel):
            channel.get_msg = patient(channel.get_msg)

    def flush_channels(self) -> None:
        """Ask something, and take all that comes before it is answered and over."""
        asked = self.kc.kernel_info()
        while self.kc.get_shell_msg()["parent_header"].get("msg_id") != asked:
            pass
        over = False
        while not over:
            message = self.kc.get_iopub_msg()
            over = (
                message["parent_header"].get("msg_id") == asked
                and message["msg_type"] == "status"
                and message["content"]["execution_state"] == "idle"
            )


class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    """A client hears that it is subscribed."""

    kernel_name = "fedlab"
    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls) -> None:
        """Start the kernel."""
        cls.km = manager(cls.kernel_name)
        cls.km.start_kernel()
        cls.kc = cls.km.client()

"""What is said of the machine."""

from cmgan_jax.benchmark import machine

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu sse avx avx2 avx512f avx512vl avx512_bf16 amx_tile amx_bf16
bugs\t\t: spectre_v1

processor\t: 1
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu sse avx avx2 avx512f avx512vl avx512_bf16 amx_tile amx_bf16
"""
ARM = "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd sve bf16\n"


def test_name_and_features_of_the_processor():
    assert machine.describe_processor(INTEL) == {
        "processor": "Intel(R) Xeon(R) Processor",
        "processor_features": "avx2 avx512f avx512_bf16 amx_tile amx_bf16",
    }
    assert machine.describe_processor(ARM) == {
        "processor": "",
        "processor_features": "asimd bf16 sve",
    }


def test_nothing_is_said_where_linux_says_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "missing")
    described = machine.describe_machine()
    assert described["processor"] == described["processor_features"] == ""
    assert described["devices"] == 4 and described["backend"] == "cpu"

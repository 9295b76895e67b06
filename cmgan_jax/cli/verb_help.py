"""--help of a verb: its text, then its own flags in the groups that it names."""

import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from absl import app, flags

# Titles and the flags under them, as every verb has them in HELP.
Groups = Mapping[str, Sequence[flags.FlagHolder]]


class _HelpFlag(flags.BooleanFlag):
    """--help, which ends the program well."""

    def __init__(self, name: str, text: str, short_name: str | None = None):
        super().__init__(
            name,
            False,
            "show this help",
            short_name=short_name,
            # absl's own shows what it takes for the flags of the main module.
            allow_override=True,
        )
        self._text = text

    def parse(self, arg):
        if self._parse(arg):
            print(self._text)
            sys.exit(0)


def define_help(module: ModuleType) -> None:
    """Makes --help and -h show a verb's help.

    Args:
      module: of the verb, with its flags in HELP.
    """
    app.define_help_flags()
    text = help_text(module.__doc__, module.HELP)
    flags.DEFINE_flag(_HelpFlag("help", text, "h"))
    # What absl names where a flag is wrong.
    flags.DEFINE_flag(_HelpFlag("helpshort", text))


def help_text(about: str, groups: Groups) -> str:
    """What --help shows: what the verb does, with an example, then its flags."""
    lines = [about.strip()]
    for title, holders in groups.items():
        lines += ["", f"{title}:"]
        for holder in holders:
            lines += _lines(flags.FLAGS[holder.name])
    lines += ["", "--helpfull lists what absl and other libraries add."]
    return "\n".join(lines)


def _lines(flag: flags.Flag) -> list[str]:
    """The name of a flag with its values, then what it is for."""
    values = "|".join(getattr(flag.parser, "enum_values", ()))
    if flag.flag_type() in ("int", "float"):
        values = "N"
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    # absl puts values in front, and after what may be repeated that it may be.
    text = flag.help.removeprefix(f"<{values}>: ").partition(";\n")[0]
    # Of a configuration it is a file of the package.
    if flag.default not in (None, []) and not flag.boolean and flag.name != "config":
        default = flag.default
        default = ",".join(default) if isinstance(default, list) else default
        text += f" [default: {default}]"
    return [
        f"  {name}{values and '='}{values}",
        flags.text_wrap(text, length=80, indent=" " * 8),
    ]

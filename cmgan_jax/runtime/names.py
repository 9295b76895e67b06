"""Names of files and folders: shown, quoted in commands, and those nobody wrote."""

import os
import shlex
import unicodedata

# What operating systems, cloud drives and archivers leave behind, in lower case.
_LEFT_BEHIND = {
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "icon\r",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}
# Of what editors of text, sound and pictures keep beside a file: its name and this.
_LEFT_BESIDE = ("~", ".xmp", ".aae", ".asd", ".pek", ".reapeaks", ".sfk")
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


def is_left_behind(name: str) -> bool:
    """Whether a system or an editor wrote this beside people's files.

    A leading dot says so too.
    """
    lower = name.lower()
    return (
        lower.startswith(".") or lower in _LEFT_BEHIND or lower.endswith(_LEFT_BESIDE)
    )


def shown(name: str | os.PathLike) -> str:
    r"""A name as text that can be printed and stored, different for every name.

    Bytes that are no text (surrogates, as the system hands them out) and control
    characters become escapes such as \xe9 and \n, and a backslash becomes two.
    """
    return "".join(map(_shown_character, os.fspath(name)))


def counted(count: int, noun: str) -> str:
    """A number of things in words: 1 picture, 2,000 pictures."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def same_but_case(name: str) -> str:
    """What two names have in common that differ in accents' form and capitals only."""
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", composed.casefold())


def quoted(text: str | os.PathLike) -> str:
    """A text as a word of a shell's command line, whatever it holds.

    A path that begins with a dash needs no quotes where it follows --flag=.
    """
    text = os.fspath(text)
    if not any(unicodedata.category(c) in _UNPRINTABLE for c in text):
        return shlex.quote(text)
    # $'...' is what bash and zsh write such names as.
    return "$'" + shown(text).replace("'", "\\'") + "'"


def command(verb: str, **flags: str | os.PathLike) -> str:
    """A command of this program, ready to be pasted into a shell.

    Args:
      verb: of the command line.
      **flags: by name, in the order they are shown.
    """
    words = [f"--{name}={quoted(value)}" for name, value in flags.items()]
    return " ".join(["python -m cmgan_jax", verb, *words])


def _shown_character(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if unicodedata.category(character) in _UNPRINTABLE:
        return character.encode("unicode_escape").decode("ascii")
    return character

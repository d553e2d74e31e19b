"""What is never approved without a person, whatever the configuration says. Pure.

Two gates. `strange` refuses every character with which a shell does more than run one program with plain words: a
name that is put together at run time cannot be looked up in a list. `never` then looks for names and paths in what is
left, quotes removed, in any case of letters (file systems may not tell them apart). Both would rather ask once too
often.
"""

from __future__ import annotations

import re
from typing import Final

from console.i18n import mark, tr

LONGEST: Final = 400
"""Characters of a command that is looked at at all."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9 _./=:,@%+~^'\"\uac00-\ud7a3-]+")
"""Hangul syllables pass: nothing in a Latin command name looks like them."""
_JOINTS: Final = re.compile(r"&&|\|\||[;|]")

_DELETES: Final = mark("deletes or overwrites")
_RIGHTS: Final = mark("another user or other rights")
_WORDS: Final = {
    _DELETES: r"rm|rmdir|unlink|shred|srm|dd|mkfs\w*|wipefs|fdisk|diskutil|truncate|trash|del|erase",
    mark("finds and acts"): r"find\b.*-(?:delete|exec|execdir|ok|okdir|fprint\w*|fls)|fd\b.*(?:-x|-X|--exec\w*)"
    r"|xargs|parallel",
    mark("throws work away"): r"git\b.*\b(?:clean|reset|checkout|restore|switch|stash|rebase|filter-\w+|gc|prune|reflog"
    r"|update-ref|config|remote|submodule|worktree|bisect|am|apply)",
    mark("network"): r"curl|wget|aria2c|lynx|w3m|ssh\w*|scp|sftp|rsync|rclone|nc|ncat|netcat|telnet|ftp|tftp|socat|nmap"
    r"|dig|nslookup|host|whois|mail|mailx|sendmail|https?|xh|gh|glab|hub|aws|gcloud|az|kubectl|helm|terraform"
    r"|docker|podman|twine|ngrok|cloudflared|openssl|git\b.*\b(?:push|pull|fetch|clone|ls-remote|send-\w+)",
    mark("installs or publishes"): r"(?:npm|pnpm|yarn|bun|deno|pip[\d.]*|pipx|uv|poetry|pdm|conda|mamba|cargo|gem|go"
    r"|composer|mvn|gradle|dotnet|nix)\b.*\b(?:i|in|ci|add|install|sync|update|upgrade|up|get|publish|upload|login"
    r"|exec|x|dlx|create|init|tool|download|adduser|token|link|uninstall|remove)"
    r"|npx|bunx|uvx|pipx|brew|apt|apt-get|dnf|yum|apk|pacman|snap",
    _RIGHTS: r"sudo|doas|su|pkexec|runas|chown|chgrp|chmod|setfacl|visudo|useradd|usermod|dscl",
    mark("processes and services"): r"kill|pkill|killall|launchctl|systemctl|crontab|shutdown|reboot|halt|osascript"
    r"|defaults|nohup|disown|tmux|cmux",
    mark("runs a text as a program"): r"eval|exec|source|(?:ba|z|k|c|tc|da|fi)?sh|busybox|command|builtin|alias|trap"
    r"|base64|base32|xxd|uudecode|gunzip|zcat|(?:g|m|n)?awk|vim?|nvim|emacs|ed|expect"
    r"|(?:python|pypy|node|bun|deno|perl|ruby|php|lua)[\d.]*\s+(?:-\S+\s+)*-\S*[cepr]\S*"
    r"|(?:python|pypy)[\d.]*\s+(?:-\S+\s+)*-m\s*(?:pip|http|smtpd?|ftplib|telnetlib|webbrowser|code|venv|ensurepip)",
    mark("prints the environment"): r"env|printenv|set|export|declare|typeset|compgen|history|ps\b.*\be\w*",
    mark("credentials"): r"gpg|pass|op|vault|security|keyring|ssh-add|ssh-keygen|aws-vault|kinit",
}
_NAMED: Final = {
    reason: re.compile(rf"(?<![a-z0-9_])(?:{words})(?![a-z0-9_])", re.IGNORECASE) for reason, words in _WORDS.items()
}
_ANYWHERE: Final = {
    mark("credentials"): re.compile(
        r"\.ssh|\.aws|\.azure|\.gnupg|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.my\.cnf|\.kube|\.docker|\.config/(?:gh|gcloud|op)"
        r"|\.claude|\.codex|\.env(?![a-z])|\.pem|\.p12|\.pfx|\.key(?![a-z])|id_(?:rsa|dsa|ecdsa|ed25519)|authorized_keys"
        r"|known_hosts|credential|secret|token(?!i[sz])|passw(?:or)?d|api_?-?key|private_?-?key|keychain|auth\.json|cookies?"
        r"|/etc/(?:shadow|passwd|sudoers)|wallet|bash_history|zsh_history",
        re.IGNORECASE,
    ),
    mark("network"): re.compile(r"://|/dev/(?:tcp|udp)|\b[\w.-]+@[\w.-]+:", re.IGNORECASE),
    mark("devices and system files"): re.compile(r"/(?:dev|proc|sys|boot)(?:/|$|\s)|/etc/", re.IGNORECASE),
}


def never(command: str) -> str:
    """Return why *command* is never approved without a person, or an empty string.

    Names count wherever they stand as a word of their own, also as an argument or a part of a path: ``tests/env`` is
    refused, and that is meant.
    """
    if len(command) > LONGEST:
        return tr("longer than {longest} characters", longest=LONGEST)
    bare = command.translate({ord(char): None for char in "'\"\\`"})
    spaced = " ".join(re.split(r"['\"\\`\s]+", command))
    for text in (command, bare, spaced):
        for reason, regex in (*_NAMED.items(), *_ANYWHERE.items()):
            found = regex.search(text)
            if found:
                return f"{tr(reason)}: {found[0][:60]}"
    return ""


def parts(command: str) -> tuple[str, ...]:
    """Return the parts that ``;``, ``&&``, ``||`` and ``|`` join, without the spaces around them."""
    return tuple(part.strip(" ") for part in _JOINTS.split(command))


def strange(part: str) -> str:
    """Return what in one part a shell would read as more than plain words, or an empty string.

    Plain are Latin letters, digits, Hangul syllables, blanks and ``_./=:,@%+~^'"-``. So these never pass: a newline,
    ``$ ` \\ & < > ( ) { } [ ] * ? ! #``, every other alphabet and every invisible character.
    """
    if not part:
        return tr("an empty part")
    wrong = next((char for char in part if not _PLAIN.fullmatch(char)), "")
    if wrong:
        return (
            tr("it holds {wrong!r}", wrong=wrong)
            if wrong.isprintable()
            else tr("it holds U+{code}", code=f"{ord(wrong):04X}")
        )
    if part.count("'") % 2 or part.count('"') % 2:
        return tr("a quote that is not closed")
    program = part.split(" ", 1)[0]
    if program == "." or not re.fullmatch(r"[\w./+-]*\w", program, re.ASCII):
        return tr("{program!r} is not the plain name of a program", program=program)
    return ""

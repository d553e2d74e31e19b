"""Texts that terminals, their programs and their shells are known to damage."""

from __future__ import annotations

from typing import Final

HARD: Final = {
    "one line": "fix the loader",
    "sixty lines": "\n".join(f"줄 {number}: do the part {number}" for number in range(60)),
    "korean": "한글 프롬프트: 로더를 고쳐 주세요 ✅ 산업재 섹터의 빈 칸도 확인",
    "ten kilobytes": "".join(f"part {number} of a long text, 한글도; " for number in range(300))[:8000] + " end",
    "leading dash": "-R --help -- starts like an option",
    "trailing semicolon": "it ends like a command;",
    "backslash n": r"C:\new\rows\table \n \\n and \t stay two characters each",
    "percent": "100% %h %% $HOME `id` $(id) 'quoted' \"twice\"",
    "formats": "#{pane_id} #(id) #[fg=red] ##{x} #{}",
}

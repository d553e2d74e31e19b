"""``python -m console`` is ``oc-console``."""

from console.cli import main

raise SystemExit(main())

"""Icons, drawn for the screens on a grid of 24 by 24 with lines 1.75 wide."""

from __future__ import annotations

from collections.abc import Mapping

ICONS: Mapping[str, str] = {
    "logo": '<path d="M4 11a8 8 0 0 1 14-4.5M20 13a8 8 0 0 1-14 4.5"/><path d="M18.5 2.5v4.4h-4.4M5.5 21.5v-4.4h4.4"/>',
    "overview": '<path d="M4 19V10M10 19V5M16 19v-7M22 19H2"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 21c.8-4 4-6 8-6s7.2 2 8 6"/>',
    "rows": '<path d="M4 6h16M4 12h16M4 18h16"/>',
    "warning": '<path d="M12 4 2.5 20h19zM12 10v4.5M12 17.2v.1"/>',
    "plan": '<path d="M6 3h12v18H6zM9.5 8h5M9.5 12h5M9.5 16h3"/>',
    "gear": '<circle cx="12" cy="12" r="3.2"/><path d="M12 2.8v3M12 18.2v3M2.8 12h3M18.2 12h3M5.5 5.5l2.1 2.1'
    'M16.4 16.4l2.1 2.1M5.5 18.5l2.1-2.1M16.4 7.6l2.1-2.1"/>',
    "users": '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 20c.6-3.5 3.2-5.2 6.5-5.2s5.9 1.7 6.5 5.2"/>'
    '<path d="M16 5.3a3.5 3.5 0 0 1 0 6.4M18.3 15.3c1.8.8 2.9 2.4 3.2 4.7"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "cross": '<path d="m6 6 12 12M18 6 6 18"/>',
    "sync": '<path d="M4 11a8 8 0 0 1 14-4.5M20 13a8 8 0 0 1-14 4.5"/><path d="M18.5 2.5v4.4h-4.4M5.5 21.5v-4.4h4.4"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.5 2"/>',
    "hand": '<path d="M7 12V6.5a1.5 1.5 0 0 1 3 0V11V4.5a1.5 1.5 0 0 1 3 0V11V5.5a1.5 1.5 0 0 1 3 0V12V8a1.5 1.5 0 0 1 3 0'  # noqa: E501 (a drawing)
    'v6c0 4-2.5 7-6.5 7-3 0-4.5-1.5-6-4L4 13a1.5 1.5 0 0 1 2.5-1.5z"/>',
    "out": '<path d="M10 5H5v14h5M14 8l4 4-4 4M18 12H9"/>',
    "link": '<path d="M10 14a4 4 0 0 0 5.7 0l3.3-3.3a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0L5 13.3a4 4 0 0 0 5.7 5.7'  # noqa: E501 (a drawing)
    'l1.3-1.3"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "down": '<path d="M12 4v12M7 11.5l5 5 5-5M5 20h14"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.7v.1"/>',
}

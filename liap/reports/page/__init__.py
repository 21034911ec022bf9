"""`results/` -> `report.html`, the page of a run: one file that needs no network.

`browser_data` turns the run's mentions into compressed blocks, `headline_plot` places the main plot's points, `page_file` fills the
templates beside it, and says in a content-security policy that nothing but the page's own script and styles may run.
"""

from liap.reports.page.page_file import PAGE, write_page, write_page_of

__all__ = ["PAGE", "write_page", "write_page_of"]

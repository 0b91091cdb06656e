"""With whose credentials AWS is asked, in which region by default, and what went wrong where that is not to be had."""

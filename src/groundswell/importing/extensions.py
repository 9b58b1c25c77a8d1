"""File name extensions that tell downloads, parts of pages and feeds from pages."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ASSETS = _words(
    """avif bmp cur css eot gif htc ico jpeg jpg js json less map mjs otf png scss svg swf tif
    tiff ttf wasm webmanifest webp woff woff2 xml xsl xslt"""
)
"""Parts of pages. A log cannot tell an image shown in a page from one opened by itself."""

DOWNLOADS = _words(
    """7z aac aiff apk appimage azw3 bin bz2 cab csv deb djvu dmg doc docx ear egg epub exe flac
    gem gz iso jar lz4 m4a m4b m4v mid midi mkv mobi mov mp3 mp4 mpeg mpg msi nupkg odp ods odt
    oga ogg ogv opus parquet pdf pkg ppt pptx ps rar rpm rtf tar tbz tgz torrent txz war wav webm
    whl wma wmv xls xlsx xpi xz zip zst"""
)
"""Files people take away: archives, packages, audio, video and documents."""

FEEDS = _words("atom rdf rss")
FEED_NAMES = _words("atom atom1 feed rdf rss rss2 rss20")
"""Last path segments, and values of the query parameters below, that ask for a feed."""
FEED_KEYS = _words("feed flav flavour format")

PAGE_ENDINGS = _words("asp aspx cgi htm html jsp php shtml xhtml")
"""Left out of titles."""

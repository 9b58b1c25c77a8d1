"""Media files, votes, plays, downloads, views, comments, rankings and the activity feed."""

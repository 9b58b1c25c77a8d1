"""The page at ``/docs``: the API for people, rendered here, with nothing from elsewhere."""

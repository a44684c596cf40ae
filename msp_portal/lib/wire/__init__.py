"""The JSON API's manner on the wire: what clients of the vendor's API send and expect (design: provider-api). Knows no app."""

"""``TeamSetup``: a Microsoft team comes aboard, from the installation of the app to the tenant's consent."""

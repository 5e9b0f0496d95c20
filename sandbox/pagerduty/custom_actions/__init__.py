"""Custom incident actions: buttons on the incidents of a service that post them to an address."""

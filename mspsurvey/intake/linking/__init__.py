"""From the provider that a client names to the MSP of the frame."""

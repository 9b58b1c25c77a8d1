"""The slices of the product; none knows another, they meet through events."""

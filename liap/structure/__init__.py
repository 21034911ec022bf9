"""Whose structure explains: gold trees and frames beside predicted and damaged ones, and units of words beside spans without structure."""

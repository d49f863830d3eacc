"""Validation of the audit: are its verdicts right, on worlds whose truth is known?"""

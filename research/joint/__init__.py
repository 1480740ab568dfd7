"""Study of joint extraction against a pipeline of two components."""

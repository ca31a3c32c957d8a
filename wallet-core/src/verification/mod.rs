//! From evidence to a verdict, the checks in order.

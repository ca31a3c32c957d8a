//! The wallet door: keeping, showing, presenting.

//! A simulated life of a stack: a toy cloud that refuses and fails as a real one does, a driver that does what the controller
//! does around the engine, scenarios, and checks that know nothing of how the planner decides.

pub mod calls;
pub mod check;
pub mod cloud;
pub mod fate;
pub mod judge;
pub mod kinds;
pub mod life;
pub mod look;
pub mod scenario;
pub mod toy;
pub mod world;

//! A toy kind: plans of it are judged, never executed.

use std::future::{Future, ready};

use engine::{
    Change, Comparison, Creation, Deletion, Fault, Ids, Key, Kind, Live, Need, Node, Replace, TagChange, Tags,
};

pub const VPC: Kind = kind(1, "vpc");
pub const REPOSITORY: Kind = kind(2, "repository");

const fn kind(order: u16, name: &'static str) -> Kind {
    Kind { order, name, creation: Creation::Token, holds_data: false, keep: 0 }
}

/// A resource with one fixed and one changeable field.
#[derive(Clone, Debug)]
pub struct Toy {
    pub key: Key,
    pub fixed: u8,
    pub loose: u8,
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub fixed: u8,
    pub loose: u8,
}

impl Node for Toy {
    type Seen = Seen;
    type Cloud = ();

    fn key(&self) -> Key {
        self.key.clone()
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn compare(&self, seen: &Seen, _: &Ids) -> Comparison {
        Comparison::default().fixed("fixed", &self.fixed, &seen.fixed).field("loose", &self.loose, &seen.loose)
    }

    fn replace(&self) -> Replace {
        if self.key.kind == REPOSITORY { Replace::Never } else { Replace::CreateFirst }
    }

    fn tags(&self, _: u32) -> Option<Tags> {
        None
    }

    fn create(&self, (): &(), _: &Ids, _: u32) -> impl Future<Output = Result<Live<Seen>, Fault>> + Send {
        ready(Err(refusal()))
    }

    fn update(
        &self,
        (): &(),
        _: &Live<Seen>,
        _: &[Change],
        _: &Ids,
    ) -> impl Future<Output = Result<Live<Seen>, Fault>> + Send {
        ready(Err(refusal()))
    }

    fn retag((): &(), _: &Live<Seen>, _: &TagChange) -> impl Future<Output = Result<(), Fault>> + Send {
        ready(Err(refusal()))
    }

    fn delete((): &(), _: &Live<Seen>) -> impl Future<Output = Result<Deletion, Fault>> + Send {
        ready(Err(refusal()))
    }
}

fn refusal() -> Fault {
    Fault {
        class: engine::Class::Bug,
        effect: engine::Effect::None,
        operation: "Toy",
        code: "Toy".into(),
        message: String::new(),
        request_id: None,
    }
}

use super::*;

#[test]
fn as_declared() {
    assert_eq!(app().compare(&seen(), &ids()).verdict(), Verdict::InSync);
    let empty = RouteTable { routes: vec![], subnets: vec![], ..app() };
    let bare = RouteTableSeen { routes: Routes::new(), associations: Associations::new(), ..seen() };
    assert_eq!(empty.compare(&bare, &ids()).verdict(), Verdict::InSync);
}

#[test]
fn a_block_is_compared_in_canonical_form() {
    let mut table = app();
    table.routes[0].destination = "10.1.2.3/16".parse().unwrap();
    let mut seen = seen();
    seen.routes = Routes::from([("10.1.0.0/16".to_owned(), to("nat-1"))]);
    assert_eq!(table.compare(&seen, &ids()).verdict(), Verdict::InSync);
}

#[test]
fn the_vpc_is_fixed() {
    let elsewhere = RouteTableSeen { vpc: "vpc-2".to_owned(), ..seen() };
    assert!(matches!(app().compare(&elsewhere, &ids()).verdict(), Verdict::Replace(_)));
}

#[test]
fn routes_and_subnets_are_changed_in_place() {
    let blackhole = SeenRoute { blackhole: true, ..to("nat-1") };
    let cases = [
        ("routes", RouteTableSeen { routes: Routes::new(), ..seen() }),
        ("routes", with_route(ANYWHERE, to("nat-2"))),
        ("routes", with_route(ANYWHERE, blackhole)),
        ("routes", with_route("192.168.0.0/16", to("pcx-1"))),
        ("routes", with_route("::/0", to("eigw-1"))),
        ("routes", with_route("pl-1", SeenRoute { maker: Maker::Endpoint, ..to("vpce-1") })),
        ("subnets", RouteTableSeen { associations: Associations::new(), ..seen() }),
        ("subnets", with_association("subnet-z")),
        ("subnets", with_association("igw-1")),
    ];
    for (field, seen) in cases {
        let Verdict::Update(changes) = app().compare(&seen, &ids()).verdict() else { panic!("{seen:?}") };
        assert_eq!(changes.iter().map(|change| change.field).collect::<Vec<_>>(), [field], "{seen:?}");
    }
}

#[test]
fn nothing_is_compared_with_an_unknown_id() {
    for need in app().needs() {
        let mut ids = ids();
        ids.remove(&need.key);
        assert_eq!(app().compare(&seen(), &ids).verdict(), Verdict::Unknown(need.key));
    }
}

#[test]
fn needs_usable_targets() {
    let (main, subnet) = (Vpc::reference("main").exists(), Subnet::reference("app-a").exists());
    assert_eq!(app().needs(), [main.clone(), subnet, NatGateway::reference("a").ready()]);
    let subnets = ["public-a", "public-b"].map(|name| Subnet::reference(name).exists());
    let gateway = InternetGateway::reference("main").ready();
    assert_eq!(public().needs(), [vec![main], subnets.to_vec(), vec![gateway]].concat());
}

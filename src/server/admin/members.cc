// People, and what they are in a workspace.
#include "cloud/directory.h"
#include "cloud/sign_in.h"
#include "server/admin/access.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Person;
using cloud::Right;
using cloud::Role;

namespace {

Field RoleField() { return Text("role", "").OneOf({"owner", "admin", "developer", "billing", "viewer"}); }

const Schema kMember{"Member",
                     {Text("workspace_id", "").Required(), Text("person_id", "").Required(), RoleField().Required(),
                      Text("name", "").Required(), Text("email", "").Required(), Text("status", "").Required(),
                      Time("created_ms", "since when").Required(),
                      Text("sign_in_link", "for someone new, shown this once: it signs them in, once")}};
const Schema kAdd{"MemberAdd",
                  {RoleField().Required(), Text("person_id", "who; or by e-mail").Like(kId),
                   Text("email", "of someone who may be new").Between(3, 200).Like(kEmail),
                   Text("name", "of someone new").Between(0, 100)}};
const Schema kSetRole{"MemberChange", {RoleField().Required()}};

const Schema kPerson{
    "Person",
    {Text("id", "").Required(), Text("email", "").Required(), Text("name", "").Required(),
     Boolean("is_operator", "may all, everywhere").Required(),
     Text("status", "").OneOf({"active", "suspended", "closed"}).Required(), Time("created_ms", "").Required()}};
const Schema kPersonCreate{"PersonCreate",
                           {Text("name", "").Between(1, 100).Required(),
                            Text("email", "").Between(3, 200).Like(kEmail).Required(), Boolean("is_operator", "")}};
const Schema kPersonChange{"PersonChange",
                           {Text("name", "").Between(1, 100), Text("email", "").Between(3, 200).Like(kEmail),
                            Boolean("is_operator", ""), Text("status", "").OneOf({"active", "suspended", "closed"})}};
const Schema kLink{"SignInLink", {Text("url", "signs this person in, once").Required()}};

json::object Write(const Person& p) {
  return {{"id", p.id},
          {"email", p.email},
          {"name", p.name},
          {"is_operator", p.is_operator},
          {"status", cloud::StandingName(p.status)},
          {"created_ms", p.created_ms}};
}

json::object Write(const Parts& parts, const cloud::Member& m) {
  const Person person = parts.directory->FindPerson(m.person_id).value_or(Person());
  return {{"workspace_id", m.workspace_id},  {"person_id", m.person_id},
          {"role", cloud::RoleName(m.role)}, {"name", person.name},
          {"email", person.email},           {"status", cloud::StandingName(person.status)},
          {"created_ms", m.created_ms}};
}

std::string Link(const Parts& parts, const Secret<std::string>& token) {
  return parts.url + "/auth/link?token=" + token.Reveal();
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  return Page(
      ask, parts.directory->Members(ask.workspace->id), [](const cloud::Member& m) { return m.person_id; },
      [&](const cloud::Member& m) { return Write(parts, m); });
}

/// Owners are looked after by owners alone.
Status MaySet(const Parts& parts, const Ask& ask, std::string_view person_id, std::optional<Role> to) {
  const auto member = parts.directory->FindMember(ask.workspace->id, person_id);
  const std::optional<Role> from = member ? std::optional(member->role) : std::nullopt;
  if (!ask.May(cloud::RightToChange(from, to)))
    return Fail(Code::kPermissionDenied, "Only an owner may make or change owners.");
  return {};
}

Result<Reply> Shown(const Parts& parts, const Ask& ask, std::string_view person_id, std::string_view link = {}) {
  const auto member = parts.directory->FindMember(ask.workspace->id, person_id);
  if (!member) return NoSuch("member");
  json::object out = Write(parts, *member);
  if (!link.empty()) out["sign_in_link"] = link;
  return Json(out);
}

/// Whoever invited an address that is not theirs can sign in as its person: such a one joins no other customer.
Status MayBelieve(const Parts& parts, const Ask& ask, const Person& person) {
  if (ask.caller.is_operator) return {};
  for (const cloud::Workspace& workspace : parts.directory->Workspaces(ask.account->id))
    if (parts.directory->FindMember(workspace.id, person.id)) return {};
  ASSIGN_OR_RETURN(const bool proven, parts.sign_in->HasProvenAddress(person));
  if (proven) return {};
  return Fail(Code::kPermissionDenied,
              "Somebody else has invited this address, and nobody has shown yet that it is theirs: they sign in by the "
              "identity provider first, or who runs this cloud adds them.");
}

Result<Reply> Add(const Parts& parts, const Ask& ask) {
  const Role role = *cloud::ParseRole(ask.body.Text("role"));
  RETURN_IF_ERROR(MaySet(parts, ask, "", role));
  std::string person_id = ask.body.Text("person_id"), link;
  const std::string email = ask.body.Text("email");
  if (person_id.empty() == email.empty()) return Fail(Code::kInvalidArgument, "Give either 'person_id' or 'email'.");
  if (!email.empty()) {
    if (const auto known = parts.directory->FindPersonByEmail(email)) {
      RETURN_IF_ERROR(MayBelieve(parts, ask, *known));
      person_id = known->id;
    } else {
      ASSIGN_OR_RETURN(
          const Person made,
          parts.directory->MakePerson(ask.caller.actor, {.email = email, .name = ask.body.Text("name", email)}));
      person_id = made.id;
      // Only for someone made just now: a link to an older account would be a way into it.
      ASSIGN_OR_RETURN(const Secret<std::string> token, parts.sign_in->MakeLink(ask.caller.actor, person_id));
      link = Link(parts, token);
    }
  } else if (!parts.directory->FindPerson(person_id) ||
             (!ask.caller.is_operator && !parts.directory->FindMember(ask.workspace->id, person_id))) {
    return NoSuch("person");  // ids of strangers say nothing to anybody but an operator
  }
  if (parts.directory->FindMember(ask.workspace->id, person_id))
    return Fail(Code::kAlreadyExists, "This person is a member already; change the role instead.");
  RETURN_IF_ERROR(parts.directory->SetMember(ask.caller.actor, ask.workspace->id, person_id, role));
  return Shown(parts, ask, person_id, link);
}

Result<Reply> SetRole(const Parts& parts, const Ask& ask) {
  const std::string& person_id = ask.Path("person_id");
  const Role role = *cloud::ParseRole(ask.body.Text("role"));
  if (!parts.directory->FindMember(ask.workspace->id, person_id)) return NoSuch("member");
  RETURN_IF_ERROR(MaySet(parts, ask, person_id, role));
  RETURN_IF_ERROR(parts.directory->SetMember(ask.caller.actor, ask.workspace->id, person_id, role));
  return Shown(parts, ask, person_id);
}

Result<Reply> Remove(const Parts& parts, const Ask& ask) {
  const std::string& person_id = ask.Path("person_id");
  if (!parts.directory->FindMember(ask.workspace->id, person_id)) return NoSuch("member");
  RETURN_IF_ERROR(MaySet(parts, ask, person_id, {}));
  RETURN_IF_ERROR(parts.directory->RemoveMember(ask.caller.actor, ask.workspace->id, person_id));
  return Nothing();
}

Result<Reply> ListPeople(const Parts& parts, const Ask& ask) {
  return Page(
      ask, parts.directory->People(), [](const Person& p) { return p.id; }, [](const Person& p) { return Write(p); });
}

Result<Reply> CreatePerson(const Parts& parts, const Ask& ask) {
  Person draft;
  draft.name = ask.body.Text("name");
  draft.email = ask.body.Text("email");
  draft.is_operator = ask.body.Boolean("is_operator");
  ASSIGN_OR_RETURN(const Person made, parts.directory->MakePerson(ask.caller.actor, std::move(draft)));
  return Json(Write(made));
}

Result<Reply> ChangePerson(const Parts& parts, const Ask& ask) {
  auto person = parts.directory->FindPerson(ask.Path("person_id"));
  if (!person) return NoSuch("person");
  person->name = ask.body.Text("name", person->name);
  person->email = ask.body.Text("email", person->email);
  person->is_operator = ask.body.Boolean("is_operator", person->is_operator);
  if (const auto status = cloud::ParseStanding(ask.body.Text("status"))) person->status = *status;
  ASSIGN_OR_RETURN(const Person now, parts.directory->UpdatePerson(ask.caller.actor, *person));
  return Json(Write(now));
}

Result<Reply> MakeLink(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Secret<std::string> token, parts.sign_in->MakeLink(ask.caller.actor, ask.Path("person_id")));
  return Json({{"url", Link(parts, token)}});
}

}  // namespace

std::vector<Route> MemberRoutes() {
  return {
      {"GET", "/workspaces/{workspace_id}/members", "member.list", "Who belongs to a workspace", Whose::kWorkspace,
       Right::kSeeWorkspace, List, &PageQuery(), nullptr, &kMember, true},
      {"POST", "/workspaces/{workspace_id}/members", "member.add", "Adds somebody, by id or by e-mail",
       Whose::kWorkspace, Right::kManageMembers, Add, nullptr, &kAdd, &kMember, false, 201, Audit::kBelow},
      {"PATCH", "/workspaces/{workspace_id}/members/{person_id}", "member.change", "Changes a member's role",
       Whose::kWorkspace, Right::kManageMembers, SetRole, nullptr, &kSetRole, &kMember, false, 200, Audit::kBelow},
      {"DELETE", "/workspaces/{workspace_id}/members/{person_id}", "member.remove",
       "Removes a member and revokes their keys", Whose::kWorkspace, Right::kManageMembers, Remove, nullptr, nullptr,
       nullptr, false, 204, Audit::kBelow},
      {"GET", "/people", "person.list", "Everybody", Whose::kCloud, Right::kOperate, ListPeople, &PageQuery(), nullptr,
       &kPerson, true},
      {"POST", "/people", "person.create", "Makes a person", Whose::kCloud, Right::kOperate, CreatePerson, nullptr,
       &kPersonCreate, &kPerson, false, 201, Audit::kBelow},
      {"PATCH", "/people/{person_id}", "person.change", "Changes a person", Whose::kCloud, Right::kOperate,
       ChangePerson, nullptr, &kPersonChange, &kPerson, false, 200, Audit::kBelow},
      {"POST", "/people/{person_id}/sign-in-links", "person.link", "A link that signs a person in, once", Whose::kCloud,
       Right::kOperate, MakeLink, nullptr, nullptr, &kLink, false, 201, Audit::kBelow},
  };
}

}  // namespace yun::server::admin

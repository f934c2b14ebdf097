// JSON Schema 2020-12 in pieces: what the dialects describe their bodies and answers with.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "api/fields.h"

namespace yun::api::schema {

using Object = boost::json::object;

Object Any();
Object Null();
Object Boolean();
Object Integer();
Object Integer(std::int64_t low, std::int64_t high);
Object Number();
Object Number(Range range);
Object Text();
/// characters: fewer or more are refused
Object Text(std::size_t low, std::size_t high);
Object Const(boost::json::value value);
Object Pattern(std::string_view ecma);
Object OneOf(const std::vector<std::string_view>& texts);
Object List(Object items);
Object List(Object items, std::size_t low, std::size_t high);
/// Names that nobody has fixed -> values.
Object Map(Object values);
Object Reference(std::string_view name);
Object Either(std::vector<Object> schemas);
Object OrNull(Object schema);
/// An object of which these members are known; there may be more.
Object Struct(Object members, std::initializer_list<std::string_view> required = {});
/// The same without others.
Object Closed(Object members, std::initializer_list<std::string_view> required = {});
Object About(std::string_view text, Object schema);

/// A request's body: what its parser has noted, with `own` for the fields that it reads by other means. Fields have
/// the descriptions that their names have in every dialect, unless `own` says another.
Object Body(const FieldNotes::Body& notes, Object own, std::initializer_list<std::string_view> required = {});

/// The same object, which must have all members of at least one of these sets.
Object NeedsOneOf(const std::vector<std::vector<std::string_view>>& sets, Object schema);

/// A message as api/chat_fields.h reads it; `part`: of its content.
Object ChatMessage(Object part);

/// {"object": "list", "data": [...], ...}
Object ListOf(std::string_view name, Object more = {});

}  // namespace yun::api::schema

// Reading the API's objects.
//
// What is absent, null or of another type than it should be reads as empty. Nothing here throws: a field that somebody
// else filled in strangely must not stop a controller.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/client/time.h"

namespace dunlin::kubernetes {

// field(pod, "spec", "containers"): null when it is not there. What it refers to lives as long as the object.
const Json& field(const Json& object, std::string_view name);
template <typename... Names>
const Json& field(const Json& object, std::string_view name, Names... names) {
  return field(field(object, name), names...);
}

const std::string& text(const Json& value);
std::int64_t integer(const Json& value, std::int64_t otherwise = 0);
bool flag(const Json& value);
// An array, so that it can be walked through whatever it is.
const Json& list(const Json& value);

// The texts of a list; what is none is left out.
std::vector<std::string> texts(const Json& value);

// Labels, annotations, data.
using StringMap = std::map<std::string, std::string, std::less<>>;
StringMap string_map(const Json& value);

const std::string& name_of(const Json& object);
const std::string& namespace_of(const Json& object);
const std::string& uid_of(const Json& object);
const std::string& resource_version_of(const Json& object);
const std::string& annotation(const Json& object, std::string_view key);
const std::string& label(const Json& object, std::string_view key);
std::optional<Time> created_at(const Json& object);
// A deletionTimestamp is set: it goes when its finalizers are done.
bool is_being_deleted(const Json& object);

// An object by name. `uid` is empty where any object of that name is meant.
struct Reference {
  std::string api_version;  // "apps/v1", "v1"
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::string uid;

  bool operator==(const Reference&) const = default;
};

Reference reference_to(const Json& object);
// The one owner that controls it, in the object's own namespace.
std::optional<Reference> controller_of(const Json& object);

// The entry of status.conditions, or null.
const Json& condition(const Json& object, std::string_view type);
bool is_true(const Json& condition);

}  // namespace dunlin::kubernetes

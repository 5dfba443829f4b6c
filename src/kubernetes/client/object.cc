#include "kubernetes/client/object.h"

namespace dunlin::kubernetes {
namespace {

const Json kNull;
const Json kEmptyList = Json::array();
const std::string kNoText;

}  // namespace

const Json& field(const Json& object, std::string_view name) {
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

const std::string& text(const Json& value) {
  const auto* content = value.get_ptr<const std::string*>();
  return content == nullptr ? kNoText : *content;
}

std::int64_t integer(const Json& value, std::int64_t otherwise) {
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

bool flag(const Json& value) {
  return value.is_boolean() && value.get<bool>();
}

const Json& list(const Json& value) {
  return value.is_array() ? value : kEmptyList;
}

std::vector<std::string> texts(const Json& value) {
  std::vector<std::string> found;
  for (const Json& entry : list(value)) {
    if (entry.is_string()) found.push_back(text(entry));
  }
  return found;
}

StringMap string_map(const Json& value) {
  StringMap map;
  if (!value.is_object()) return map;
  for (const auto& [key, entry] : value.items()) {
    if (entry.is_string()) map.emplace(key, text(entry));
  }
  return map;
}

const std::string& name_of(const Json& object) {
  return text(field(object, "metadata", "name"));
}
const std::string& namespace_of(const Json& object) {
  return text(field(object, "metadata", "namespace"));
}
const std::string& uid_of(const Json& object) {
  return text(field(object, "metadata", "uid"));
}
const std::string& resource_version_of(const Json& object) {
  return text(field(object, "metadata", "resourceVersion"));
}
const std::string& annotation(const Json& object, std::string_view key) {
  return text(field(object, "metadata", "annotations", key));
}
const std::string& label(const Json& object, std::string_view key) {
  return text(field(object, "metadata", "labels", key));
}

std::optional<Time> created_at(const Json& object) {
  return parse_time(text(field(object, "metadata", "creationTimestamp")));
}

bool is_being_deleted(const Json& object) {
  return !text(field(object, "metadata", "deletionTimestamp")).empty();
}

Reference reference_to(const Json& object) {
  return {.api_version = text(field(object, "apiVersion")),
          .kind = text(field(object, "kind")),
          .namespace_name = namespace_of(object),
          .name = name_of(object),
          .uid = uid_of(object)};
}

std::optional<Reference> controller_of(const Json& object) {
  for (const Json& owner : list(field(object, "metadata", "ownerReferences"))) {
    if (!flag(field(owner, "controller"))) continue;
    return Reference{.api_version = text(field(owner, "apiVersion")),
                     .kind = text(field(owner, "kind")),
                     .namespace_name = namespace_of(object),
                     .name = text(field(owner, "name")),
                     .uid = text(field(owner, "uid"))};
  }
  return std::nullopt;
}

const Json& condition(const Json& object, std::string_view type) {
  for (const Json& entry : list(field(object, "status", "conditions"))) {
    if (text(field(entry, "type")) == type) return entry;
  }
  return kNull;
}

bool is_true(const Json& condition) {
  return text(field(condition, "status")) == "True";
}

}  // namespace dunlin::kubernetes

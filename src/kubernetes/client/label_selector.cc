#include "kubernetes/client/label_selector.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::kubernetes {
namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view what) {
  throw Failure(ErrorKind::config, fmt::format("{}: {}", path, what));
}

}  // namespace

LabelSelector LabelSelector::parse(const Json& selector, std::string_view path) {
  LabelSelector parsed;
  if (selector.is_null()) return parsed;
  const std::string here(path);
  if (!selector.is_object()) refuse(here, "must be an object with matchLabels and matchExpressions");
  for (const auto& [key, value] : selector.items()) {
    if (key != "matchLabels" && key != "matchExpressions")
      refuse(here, fmt::format("\"{}\" is not one of matchLabels, matchExpressions", key));
  }
  const Json& labels = field(selector, "matchLabels");
  if (!labels.is_null() && !labels.is_object()) refuse(here + ".matchLabels", "must be a map of strings");
  for (const auto& [key, value] : labels.items()) {
    if (!value.is_string()) refuse(fmt::format("{}.matchLabels.{}", here, key), "must be a string");
    parsed.requirements_.push_back({.key = key, .comparison = Operator::in, .values = {text(value)}});
  }
  const Json& expressions = field(selector, "matchExpressions");
  if (!expressions.is_null() && !expressions.is_array()) refuse(here + ".matchExpressions", "must be a list");
  for (std::size_t k = 0; k < expressions.size(); ++k)
    parsed.requirements_.push_back(parse_expression(expressions[k], fmt::format("{}.matchExpressions[{}]", here, k)));
  return parsed;
}

LabelSelector::Requirement LabelSelector::parse_expression(const Json& expression, const std::string& path) {
  Requirement requirement;
  requirement.key = text(field(expression, "key"));
  if (requirement.key.empty()) refuse(path + ".key", "must be a label's key");

  const std::string& comparison = text(field(expression, "operator"));
  if (comparison == "In") {
    requirement.comparison = Operator::in;
  } else if (comparison == "NotIn") {
    requirement.comparison = Operator::not_in;
  } else if (comparison == "Exists") {
    requirement.comparison = Operator::exists;
  } else if (comparison == "DoesNotExist") {
    requirement.comparison = Operator::does_not_exist;
  } else {
    refuse(path + ".operator", fmt::format("\"{}\" is not one of In, NotIn, Exists, DoesNotExist", comparison));
  }

  const Json& values = field(expression, "values");
  if (!values.is_null() && !values.is_array()) refuse(path + ".values", "must be a list of strings");
  for (const Json& value : list(values)) {
    if (!value.is_string()) refuse(path + ".values", "must be a list of strings");
    requirement.values.push_back(text(value));
  }
  const bool takes_values = requirement.comparison == Operator::in || requirement.comparison == Operator::not_in;
  if (takes_values && requirement.values.empty()) refuse(path + ".values", "must hold a value for " + comparison);
  if (!takes_values && !requirement.values.empty()) refuse(path + ".values", "must be empty for " + comparison);
  return requirement;
}

bool LabelSelector::Requirement::holds(const StringMap& labels) const {
  const auto found = labels.find(key);
  const bool listed = found != labels.end() && std::ranges::find(values, found->second) != values.end();
  switch (comparison) {
    case Operator::in: return listed;
    case Operator::not_in: return !listed;
    case Operator::exists: return found != labels.end();
    case Operator::does_not_exist: return found == labels.end();
  }
  return false;
}

bool LabelSelector::matches(const StringMap& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) { return requirement.holds(labels); });
}

}  // namespace dunlin::kubernetes

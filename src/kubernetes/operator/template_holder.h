// What is kept of an object that pods come from.
#pragma once

#include <string>

#include "kubernetes/client/object.h"
#include "kubernetes/client/resource.h"

namespace dunlin::manager {

// As text: a cluster has many of them, few are looked at, and a tree of JSON takes several times the memory.
struct TemplateHolder {
  std::string api_version;
  std::string kind;
  std::string uid;
  // Of the pods it makes; empty where it has no template of its own.
  kubernetes::StringMap pod_labels;
  // With nothing in it but what OwnerWalk reads. Empty: it has no pods, and is not kept (an old ReplicaSet).
  std::string text;

  bool operator==(const TemplateHolder&) const = default;

  bool is_kept() const { return !text.empty(); }
  // null when it is not kept.
  kubernetes::Json object() const;
};

TemplateHolder read_template_holder(const kubernetes::Resource&, const kubernetes::Json& object);

}  // namespace dunlin::manager

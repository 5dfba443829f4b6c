// What is kept of a Job: all of a migration's, of every other the template that pods came from.
#pragma once

#include <string>

#include "kubernetes/operator/template_holder.h"

namespace dunlin::manager {

struct JobView {
  // The Migrator that controls it; empty for the Jobs of others.
  std::string migrator;
  std::string migrator_uid;
  std::string uid;
  // The whole object as text, of a Migrator's only.
  std::string text;
  // Of the Jobs of others.
  TemplateHolder holder;

  // Of a Migrator's.
  kubernetes::Json object() const { return kubernetes::Json::parse(text, nullptr, false); }
};

JobView read_job_view(const kubernetes::Json& job);

}  // namespace dunlin::manager

// The metrics of runs in a file, for node_exporter's textfile collector and for `dunlin serve`, and their way to a
// Pushgateway.
#pragma once

#include <string>
#include <string_view>

#include "dunlin/interrupt.h"
#include "server/run_metrics.h"

namespace dunlin::server {

// Nothing when there is no such file. Throws Failure (io, config).
RunMetricsByDatabase load_metrics(const std::string& path);

// Adds a run to what the file holds, under a lock, and replaces it as a whole: a reader never sees half of it. Throws
// Failure (io, config); a file of somebody else's is left as it is.
void add_to_metrics_file(const std::string& path, const std::string& database, const RunMetrics& run);

// Replaces the group job="dunlin", database="..." of a Pushgateway: http://gateway:9091. Throws Failure (usage,
// connect, timeout, interrupted).
void push_metrics(std::string_view gateway, const std::string& database, const RunMetrics& run, const Interrupt*);

}  // namespace dunlin::server

#include "base/histogram.h"

#include <gtest/gtest.h>

namespace dunlin {
namespace {

TEST(Histogram, CountsWhatIsAtMostSoLarge) {
  Histogram histogram({0.5, 1, 10});
  for (const double value : {0.5, 0.6, 3.0, 20.0}) histogram.observe(value);
  Exposition exposition;
  exposition.family("seconds", "histogram", "How long.");
  histogram.write(exposition, {{"name", "a"}});
  EXPECT_EQ(exposition.text(),
            "# HELP seconds How long.\n"
            "# TYPE seconds histogram\n"
            "seconds_bucket{name=\"a\",le=\"0.5\"} 1\n"
            "seconds_bucket{name=\"a\",le=\"1\"} 2\n"
            "seconds_bucket{name=\"a\",le=\"10\"} 3\n"
            "seconds_bucket{name=\"a\",le=\"+Inf\"} 4\n"
            "seconds_sum{name=\"a\"} 24.1\n"
            "seconds_count{name=\"a\"} 4\n");
}

TEST(Histogram, WithoutLabelsABucketHasItsBound) {
  Histogram histogram({1});
  Exposition exposition;
  exposition.family("seconds", "histogram", "How long.");
  histogram.write(exposition);
  EXPECT_NE(exposition.text().find("seconds_bucket{le=\"1\"} 0\n"), std::string::npos);
  EXPECT_NE(exposition.text().find("seconds_count 0\n"), std::string::npos);
}

}  // namespace
}  // namespace dunlin

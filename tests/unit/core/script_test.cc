#include "dunlin/script.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dunlin/error.h"

namespace dunlin {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ScriptFile : public testing::Test {
 protected:
  ScriptFile() {
    std::string pattern = (fs::temp_directory_path() / "dunlin-script-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~ScriptFile() override { fs::remove_all(root_); }

  std::string write(const std::string& name, const std::string& text) {
    const fs::path path = root_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  fs::path root_;
};

std::string read_in_pieces(const Script& script, std::size_t piece) {
  auto reader = script.open();
  std::string text;
  std::vector<char> buffer(piece);
  while (const std::size_t count = reader->read(buffer)) text.append(buffer.data(), count);
  return text;
}

std::string failure_of(const Script& script) {
  try {
    (void)script.text();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().kind, ErrorKind::io);
    EXPECT_EQ(failure.error().where.file, script.shown_as());
    return failure.what();
  }
  return "no failure";
}

TEST(Script, DefaultIsEmptyAndATextIsNot) {
  EXPECT_TRUE(Script().empty());
  EXPECT_FALSE(Script::from_text("", "x").empty());
}

TEST(Script, KeepsEveryByteOfATextIncludingNulBomAndCr) {
  const std::string text("\xEF\xBB\xBFSELECT 1;\r\n\0x", 15);
  const Script script = Script::from_text(text, "1_x.sql");
  EXPECT_EQ(script.text(), text);
  EXPECT_EQ(read_in_pieces(script, 1), text);
  EXPECT_EQ(script.shown_as(), "1_x.sql");
  EXPECT_EQ(script.first_line(), 1);
}

TEST(Script, StaticTextIsNotCopied) {
  static constexpr std::string_view kText = "SELECT 1;";
  EXPECT_EQ(Script::from_static(kText, "x").text(), kText);
}

TEST(Script, AReaderOutlivesItsScript) {
  std::unique_ptr<ScriptReader> reader;
  {
    const Script script = Script::from_text(std::string(100, 'x'), "x");
    reader = script.open();
  }
  std::array<char, 200> buffer;
  EXPECT_EQ(reader->read(buffer), 100u);
  EXPECT_EQ(reader->read(buffer), 0u);
}

TEST_F(ScriptFile, LargeFilesAreReadAgainAtEachOpen) {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += "INSERT INTO t VALUES (" + std::to_string(i) + ");\n";
  const Script script = Script::from_file(write("1_x.sql", text), "migrations/1_x.sql");
  EXPECT_EQ(script.text(), text);
  EXPECT_EQ(read_in_pieces(script, 4097), text);
}

TEST_F(ScriptFile, SmallFilesAreReadOnce) {
  const std::string path = write("1_x.sql", "SELECT 1;");
  const Script script = Script::from_file(path, "1_x.sql");
  EXPECT_EQ(script.text(), "SELECT 1;");
  fs::remove(path);
  EXPECT_EQ(script.text(), "SELECT 1;");
}

TEST_F(ScriptFile, MemoryForSmallFilesIsBoundedAndGivenBack) {
  constexpr std::size_t kFile = 64 * 1024;
  auto kept = [](const Script& script, const std::string& path) {
    (void)script.text();
    fs::rename(path, path + ".away");
    bool in_memory = true;
    try {
      (void)script.text();
    } catch (const Failure&) {
      in_memory = false;
    }
    return in_memory;
  };
  for (int round = 0; round < 2; ++round) {
    std::vector<Script> scripts;
    std::size_t in_memory = 0;
    for (int i = 0; i < 80; ++i) {
      const std::string path = write(std::to_string(round) + "_" + std::to_string(i), std::string(kFile, 'x'));
      scripts.push_back(Script::from_file(path, "x"));
      in_memory += kept(scripts.back(), path) ? 1 : 0;
    }
    EXPECT_EQ(in_memory, 4u * 1024 * 1024 / kFile);
  }
}

TEST_F(ScriptFile, AnEmptyFileIsAScriptWithoutBytes) {
  const Script script = Script::from_file(write("1_x.sql", ""), "1_x.sql");
  EXPECT_FALSE(script.empty());
  EXPECT_EQ(script.text(), "");
}

TEST_F(ScriptFile, ASectionGivesItsBytesAndItsFirstLine) {
  const std::string path = write("1_x.sql", "-- up\nA;\n-- down\nB;\n");
  const Script up = Script::from_file_section(path, "1_x.sql", 6, 9, 2);
  const Script down = Script::from_file_section(path, "1_x.sql", 17, 1'000'000, 4);
  EXPECT_EQ(up.text(), "A;\n");
  EXPECT_EQ(up.first_line(), 2);
  EXPECT_EQ(down.text(), "B;\n");
  EXPECT_EQ(down.first_line(), 4);
  EXPECT_EQ(Script::from_file_section(path, "1_x.sql", 500, 600, 9).text(), "");
}

TEST_F(ScriptFile, AnAbsentFileIsAnErrorThatNamesItAsShown) {
  const std::string message = failure_of(Script::from_file((root_ / "1_x.sql").string(), "./migrations/1_x.sql"));
  EXPECT_EQ(message, "cannot read ./migrations/1_x.sql: No such file or directory");
}

TEST_F(ScriptFile, ADirectoryAndAPipeAreErrorsAndDoNotBlock) {
  const fs::path pipe = root_ / "1_pipe.sql";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(failure_of(Script::from_file(pipe.string(), "1_pipe.sql")), HasSubstr("not a regular file"));
  EXPECT_THAT(failure_of(Script::from_file(root_.string(), "dir")), HasSubstr("not a regular file"));
}

TEST_F(ScriptFile, AFileThatChangesBetweenReadingsIsAnError) {
  const std::string path = write("1_x.sql", std::string(100'000, 'x'));
  const Script script = Script::from_file(path, "1_x.sql");
  EXPECT_EQ(script.text().size(), 100'000u);
  write("1_x.sql", std::string(100'001, 'y'));
  EXPECT_THAT(failure_of(script), HasSubstr("has changed since"));
}

}  // namespace
}  // namespace dunlin

// An SQLite file in the making, by one thread at a time: no journal, for nobody reads it before it is whole.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace multipole {

class SqliteFile {
 public:
  // Makes the file. Every method throws ResourceError "cannot write PATH: reason".
  explicit SqliteFile(const std::filesystem::path& path);

  void run(const std::string& statements);
  // The whole number that a query gives.
  int64_t number(const std::string& query);
  void close();

  // One statement that is run many times.
  class Statement {
   public:
    Statement(SqliteFile& file, const std::string& text);

    // The value of the parameter of this number, from 1.
    void bind(int parameter, int64_t value);
    void bind(int parameter, double value);
    void bind(int parameter, const std::string& text);
    // Kept by reference until run().
    void bind(int parameter, const std::vector<unsigned char>& blob);
    // Parameters that were not bound since the last run are NULL.
    void run();

   private:
    friend class SqliteFile;

    SqliteFile& file_;
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_{nullptr, sqlite3_finalize};
  };

 private:
  void check(int code) const;

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_{nullptr, sqlite3_close_v2};
};

}  // namespace multipole

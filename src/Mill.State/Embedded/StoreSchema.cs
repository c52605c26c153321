using System.Globalization;
using System.Text;
using Mill.State.Embedded.Sqlite;

namespace Mill.State.Embedded;

/// <summary>The tables, and how a new store comes to be.</summary>
internal static class StoreSchema
{
    public const int Format = 1;
    public const int ApplicationId = 0x4D696C6C; // "Mill", for file(1)

    // Most secrets are passwords, keys and addresses: their records stay below a kilobyte, four or five to a page.
    public const int PageSize = 4096;

    // Records stand in the order they came in: new ones are appended to the last page, and what was written together is replaced together. In the order of
    // their keys they would be cells of an index, interior pages included, five to a page: every second record that comes in would move others about.
    private const string Records =
        "CREATE TABLE records (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL, checksum BLOB NOT NULL)";

    private const string Keys = "CREATE UNIQUE INDEX records_by_key ON records (key)";

    private const string Store =
        "CREATE TABLE store (id INTEGER PRIMARY KEY, format INTEGER NOT NULL, revision INTEGER NOT NULL, count INTEGER NOT NULL, "
        + "digest BLOB NOT NULL, checksum BLOB NOT NULL)";

    /// <summary>Makes an empty store. The file gets its name last, so whatever is called <c>mill.db</c> was once whole.</summary>
    public static void Create(StoreFiles files, long firstRevision)
    {
        var head = default(StoreHead) with { Revision = firstRevision };
        var draft = files.Database + ".new";
        foreach (var leftover in new[] { draft, draft + "-wal", draft + "-shm", draft + "-journal" })
            File.Delete(leftover);
        StoreFiles.CreatePrivate(draft);

        using (var connection = SqliteConnection.Open(draft))
        {
            connection.Execute($"PRAGMA page_size = {PageSize}");
            connection.Execute("PRAGMA auto_vacuum = NONE");
            connection.Execute("PRAGMA journal_mode = WAL");
            connection.Execute("PRAGMA synchronous = FULL");
            connection.Execute($"PRAGMA application_id = {ApplicationId}");
            connection.Execute($"PRAGMA user_version = {Format}");
            connection.Execute(Records);
            connection.Execute(Keys);
            connection.Execute(Store);
            using (var insert = connection.Prepare(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO store VALUES (1, {Format}, {firstRevision}, 0, ?1, ?2)")))
            {
                insert.Bind(1, head.Digest);
                insert.Bind(2, head.Checksum);
                insert.Run();
            }

            connection.Checkpoint(truncate: true);
        }

        File.Delete(draft + "-wal");
        File.Delete(draft + "-shm");
        File.Move(draft, files.Database);
        Libc.SyncDirectory(files.Directory);
    }

    /// <summary>True if the tables are the ones this version made, word for word.</summary>
    public static bool Matches(SqliteConnection connection)
    {
        var found = new List<string>();
        using var statement = connection.Prepare("SELECT CAST(sql AS TEXT) FROM sqlite_schema ORDER BY name");
        while (statement.Step())
            found.Add(Encoding.UTF8.GetString(statement.Bytes(0)));
        return found is [Records, Keys, Store];
    }

    /// <summary>
    /// What is wrong with how the pages hang together, or null. Reading all rows would not find a page that is both in use and free, which the next write destroys.
    /// </summary>
    public static string? FindBrokenPage(SqliteConnection connection)
    {
        using var statement = connection.Prepare("PRAGMA quick_check(1)");
        var found = statement.Step() ? Encoding.UTF8.GetString(statement.Bytes(0)) : "nothing";
        return found == "ok" ? null : $"its pages do not hang together ({found.ReplaceLineEndings(" ")}).";
    }

    /// <summary>Where each table and its index begins; page 1 holds the list of them.</summary>
    public static IReadOnlyList<long> RootPages(SqliteConnection connection)
    {
        var roots = new List<long> { 1 };
        using var statement = connection.Prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0");
        while (statement.Step())
            roots.Add(statement.Integer(0));
        return roots;
    }

    /// <summary>Settings of a connection; they are not part of the file.</summary>
    public static void Prepare(SqliteConnection connection, int cacheKibibytes)
    {
        connection.Execute("PRAGMA trusted_schema = OFF");
        connection.Execute("PRAGMA cell_size_check = ON");
        connection.Execute("PRAGMA synchronous = FULL");
        connection.Execute("PRAGMA secure_delete = ON");
        connection.Execute("PRAGMA wal_autocheckpoint = 0"); // SQLite swallows the errors of its own checkpoints; see Checkpoints
        connection.Execute("PRAGMA journal_size_limit = 67108864"); // a log that a long read made large shrinks again
        connection.Execute($"PRAGMA cache_size = -{cacheKibibytes}");
    }
}

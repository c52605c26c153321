using Mill.Core.Language;

namespace Mill.Tests.Documents;

/// <summary>What is made of the rules of the language, for readers and for programs.</summary>
internal static class MillFilePage
{
    public static string Path => System.IO.Path.Combine(Repository.Root, "docs", "mill-file.md");

    public static string SchemaPath => System.IO.Path.Combine(Repository.Root, "docs", "mill-file.schema.json");

    /// <summary>Writes both anew.</summary>
    public static void Write()
    {
        File.WriteAllText(Path, MillReference.Page(File.ReadAllText(Path)));
        File.WriteAllText(SchemaPath, MillSchema.Text());
    }
}

namespace Mill.Interaction;

/// <content>What is said about .mill files.</content>
internal static partial class Words
{
    public const string Fmt = "Write .mill files as everybody writes them";
    public const string FmtFilesArgument = "The files; - is the standard input, which is written to the standard output [default: the one of this directory]";
    public const string FmtCheckOption = "Change nothing; name the files that would be changed, and fail where there are any";
    public const string MillFileOption = "The .mill file; - is the standard input [default: mill.mill, or the only *.mill of this directory, or mill.conf]";

    public const string NotFormattedHint = "Write them anew: mill fmt FILE";
    public const string NoMillFile = "There is no .mill file in this directory.";
    public const string NoMillFileHint = "Name one with -f FILE. What it may say: docs/mill-file.md";
    public const string NameMillFileHint = "Say which: -f FILE";

    public static string NotFormatted(int count) => count is 1 ? "One file is not written as everybody writes them." : Invariant($"{count} files are not written as everybody writes them.");

    public static string Formatted(string file) => Printable.From($"{file} written anew");

    public static string SeveralMillFiles(IEnumerable<string> files) => $"There are several .mill files in this directory: {string.Join(", ", files)}.";

    public static string MillFileTooLarge(string file) => $"{file} has more than 1 MiB.";
}

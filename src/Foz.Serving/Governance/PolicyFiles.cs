using System.Globalization;
using Foz.Storage;

namespace Foz.Serving.Governance;

/// <summary>The files of policies, as they are looked at again and again for what changes.</summary>
static class PolicyFiles
{
    /// <summary>
    /// What becomes another text when a file is changed, replaced, added or taken away; links are what they lead to.
    /// </summary>
    public static string StateOf(IEnumerable<string> files) =>
        string.Join('|', files.Select(file => $"{file} {StampOf(file)}"));

    static string StampOf(string file)
    {
        if (FileStamp.Of(file) is { } stamp) return stamp.ToString();
        var target = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new FileInfo(file);
        return target.Exists
            ? string.Create(CultureInfo.InvariantCulture, $"{target.Length} {target.LastWriteTimeUtc.Ticks}")
            : "";
    }
}

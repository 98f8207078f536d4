package link

// scanCase is documents that all have these elements and texts, one line each.
type scanCase struct {
	name      string
	documents []string
	want      []string
}

// A link that counts is written <a href=1>; <a href=0> is one that must not be found.
var (
	nothing = []string(nil)
	one     = []string{`a href="1"`}
)

// scanCases are the hard cases of section 13.2.5 of the standard, and of what the tree decides.
var scanCases = []scanCase{
	{"nothing", []string{"", "x", "<", "</", "<!", "<a", "<a href=0", "<a href=0 ", "<a href='0'", "<a href=\"0", "<a/", "a<b", "< a href=0>", "<\x00a href=0>", "<é href=0>", "</a href=0>", "<1 href=0>", "<!-", "<?", "</>"}, nothing},
	{"between others", []string{"<a href=1>", "x<a href=1>y", "<<a href=1>", "<p><a href=1><p", "< <a href=1><", "</><a href=1></", "<p<a><a href=1>", "<a href=1></a", "&lt;<a href=1>&"}, one},
	{"case", []string{"<A HREF=1>", "<a hReF=1>"}, one},
	{"white space", []string{"<a href=1>", "<a\thref=1>", "<a\nhref=1>", "<a\fhref=1>", "<a\rhref=1>", "<a\r\nhref=1>", "<a   href=1 >", "<a href =1>", "<a href= 1>", "<a\nhref\r\n=\t\"1\"\f>", "<a href\r=\r1\r>"}, one},
	{"no white space", []string{"<a\vhref=0>", "<a\u00a0href=0>", "<a\x00href=0>"}, nothing},
	{"quotes", []string{`<a href=1>`, `<a href='1'>`, `<a href="1">`, `<a x='>' href=1>`, `<a x=">" href="1">`, `<a x="'>" href=1>`, `<a x='">' href=1>`, `<a x="<a href=0>"href='1'y>`, `<a x=""href=1>`}, one},
	{"odd quotes", []string{`<a x"> <a href=1>`, `<a x'><a href=1>`, `<a "><a href=1>`, `<a ="><a href=1>`, `<a =">" href=0><a href=1>`, `<a x==">"><a href=1>`, `<a x=y"><a href=1>`, `<a x=y">"<a href=1>'`}, []string{"a", `a href="1"`}},
	{"values without quotes", []string{`<a href=a"b'c<d=e` + "`" + `/f/>`}, []string{"a href=\"a\\\"b'c<d=e`/f/\""}},
	{"slashes", []string{`<a/href=1>`, `<a/href="1"/>`, `<a / href = 1 >`, `<a//href='1'//>`, `<a x/href=1>`, `<a x=""/href=1>`, `<a/ /href=1>`, `<a x=/ href=1>`}, one},
	{"slash in place of the equals sign", []string{`<a href/=1>`, `<a href / =1>`}, []string{`a href=""`}},
	{"equals signs", []string{`<a =href=0 href=1>`, `<a = href=1>`}, one},
	{"an equals sign takes what follows", []string{`<a x= href=0>`, `<a x=` + "\n" + `href=0>`, `<a =href=0>`, `<a ==href=0>`}, []string{"a"}},
	{"no value", []string{`<a href>`, `<a href=>`, `<a href= >`, `<a href=''>`, `<a href="">`, `<a href x>`, `<a href href=0>`, `<a href/>`}, []string{`a href=""`}},
	{"the first counts", []string{`<a href=1 href=0>`, `<a HREF="1" x href=0 href>`, `<a href=1 hREF='0'>`}, one},
	{"other attributes", []string{`<a hrefs=0 hre=0 data-href=0 ahref=0 href:=0 href"=0 href =1>`, `<a href< =0 href=1>`, `<a <a href=1>`}, one},
	{"NUL", []string{"<a href\x00=0 href=1>", "<\x00a href=0><a href=1>", "<a\x00 href=0><a href=1>"}, one},
	{"NUL and line ends in values", []string{"<a href='\x00\r\n\r\r\n\n&#13;'>", "<a href=\"\x00\n\r\n\n\r&#13;\">"}, []string{`a href="` + "�" + `\n\n\n\n\r"`}},

	{"names", []string{"<a1 href=0>", "<abbr href=0>", "<a-b href=0>", "<a:b href=0>", "<lin href=0><links href=0>", "<imgs src=0>", "<a\"href=0>"}, nothing},
	{"every element", []string{`<area href=1><AUDIO src=2><base href=3><embed src=4><form action=5 method=get><html lang=7><iframe src=8></iframe><img src=9 srcset=10><image src=11><input type=12 src=13><link rel=14 href=15 media=16 type=17 imagesrcset=18><meta charset=19 http-equiv=20 content=21 name=22><object data=23><script src=24></script><source srcset=25><track src=26><video poster=27 src=28>`}, []string{
		`area href="1"`, `audio src="2"`, `base href="3"`, `embed src="4"`, `form action="5" method="get"`, `html lang="7"`, `iframe src="8"`, `img src="9" srcset="10"`, `img src="11"`, `input src="13" type="12"`,
		`link href="15" imagesrcset="18" media="16" rel="14" type="17"`, `meta charset="19" content="21" http-equiv="20" name="22"`, `object data="23"`, `script src="24"`, `source srcset="25"`, `track src="26"`, `video poster="27" src="28"`,
	}},

	{"frame, where a tree may not have it", []string{"<frame src=1>", "<p><FRAME src=1>"}, []string{`frame src="1"`}},
	{"frame", []string{"<frameset><frame src=1></frameset>"}, []string{`frame src="1"`}},

	{"comments", []string{
		"<!--<a href=0>--><a href=1>", "<!--><a href=1>", "<!---><a href=1>", "<!----><a href=1>", "<!-----><a href=1>", "<!-- --!><a href=1>", "<!----!><a href=1>", "<!-- a -- b ><a href=0>--><a href=1>",
		"<!-- <!-- --><a href=1>-->", "<!-- <!--><a href=1>", "<!-- <!---><a href=1>", "<!-- <!----><a href=1>", "<!--x--!x><a href=0>--><a href=1>", "<!--x--!--><a href=1>",
		"<!--x--!-><a href=0>--><a href=1>", "<!--x--!--!><a href=1>", "<!---x><a href=0>--><a href=1>", "<!-- -><a href=0>--><a href=1>", "<!---!><a href=0>--><a href=1>", "<!--x-->--><a href=1>",
		"<!--x- -><a href=0>--><a href=1>", "<!--x->--><a href=1>", "<!--!><a href=0>--><a href=1>", "<!--!--><a href=1>", "<!--\x00--><a href=1>", "<!--x---><a href=1>", "<!--x-----------------!><a href=1>", "<!-- <! -- ><a href=0> --><a href=1>",
	}, one},
	{"comments without an end", []string{"<!--<a href=0>", "<!--<a href=0>--", "<!--<a href=0>--!", "<!-", "<!--", "<!---", "<!-- -><a href=0>"}, nothing},
	{"bogus comments", []string{
		"<!><a href=1>", "<!-><a href=1>", "<!-x><a href=1>", "<!x '><a href=1>", "<! --><a href=1>", "<!-<a href=0><a href=1>", "<?><a href=1>", "<?x ?><a href=1>", "<?x \"><a href=1>", "</ ><a href=1>", "</ a href=0><a href=1>",
		"</1><a href=1>", "</!><a href=1>", "</\"><a href=1>", "</?x><a href=1>", "</></><a href=1>", "<!a<!--><a href=1>", "<?<!--><a href=1>", "<!\x00><a href=1>", "</-><a href=1>", "<!-\n->--><a href=1>", "<?<a href=0><a href=1>", "<!<a href=0><a href=1>",
	}, one},
	{"doctypes", []string{
		"<!doctype html><a href=1>", "<!DOCTYPE html PUBLIC \"><a href=1>", "<!DocType html SYSTEM '><a href=1>", "<!doctype><a href=1>", "<!doctypehtml><a href=1>", "<!doctype <a href=0><a href=1>", "<!docty><a href=1>", "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\n\"http://www.w3.org/TR/html4/strict.dtd\">\n<a href=1>",
	}, one},
	{"CDATA in HTML is a bogus comment", []string{"<![CDATA[<a href=0>]]><a href=1>", "<![CDATA[><a href=1>]]>", "<![cdata[><a href=1>", "<![CDATA><a href=1>", "<svg></svg><![CDATA[><a href=1>]]>", "<svg><desc><p><![CDATA[><a href=1>]]>"}, one},
	{"CDATA in SVG and MathML", []string{
		"<svg><![CDATA[<p><a href=0>]]><p><a href=1>", "<math><![CDATA[]<p>]]>]]></math><a href=1>", "<svg><![CDATA[]]></svg><a href=1>", "<svg><![CDATA[]]]]]></svg><a href=1>", "<svg><![CDATA[]] ]>]]]></svg><a href=1>",
		"<svg><desc><![CDATA[<p><a href=0>]]><a href=1>", "<svg><![CDATA><p><a href=1>", "<svg><![cdata[x>]]><p><a href=1>", "<svg><![CDATA[\x00]]></svg><a href=1>", "<math><mi><![CDATA[<a href=0>]]><a href=1>",
	}, one},
	{"CDATA without an end", []string{"<svg><![CDATA[<p><a href=0>", "<svg><![CDATA[<p><a href=0>]]", "<svg><![CDATA[<p>] ]><a href=0>", "<svg><![CDATA"}, nothing},

	{"raw text", []string{
		"<xmp><a href=0></xmp><a href=1>", "<noembed><!--</noembed><a href=1>", "<noframes><a href=0></noframes ><a href=1>", "<noscript><a href=0></noscript\n><a href=1>", "<XMP></xmp/><a href=1>", "<xmp><xmp></XmP><a href=1></xmp>",
		"<textarea><a href=0></textarea><a href=1>", "<textarea></textareas></text</textarea><a href=1>", "<xmp></xm></xmp x='>' y=\">\"><a href=1>", "<xmp/><a href=0></xmp><a href=1>", "<xmp></<</xmp><a href=1>", "<xmp></ xmp></xmp\f><a href=1>",
		"<xmp></xmp\x00></xmp><a href=1>", "<xmp><</xmp><a href=1>", "<noscript><!--</noscript>--><a href=1>", "<textarea>&lt;/textarea></textarea><a href=1>", "<xmp x='</xmp>'><a href=0></xmp><a href=1>", "<xmp></xmp><xmp></xmp></xmp><a href=1>",
	}, one},
	{"raw text without an end", []string{"<xmp><a href=0>", "<xmp></xmp", "<xmp></xmp ", "<xmp></xmp x='><a href=0>", "<xmp></xmpx><a href=0>", "<textarea></title><a href=0>", "<plaintext></plaintext><a href=0>", "<plaintext/><a href=0>", "<xmp><!--</xmp --><a href=0"}, nothing},
	{"iframe", []string{"<iframe src=1><a href=0></iframe><a href=2>"}, []string{`iframe src="1"`, `a href="2"`}},
	{"script", []string{
		"<script><a href=0></script><a href=1>", "<SCRIPT><a href=0></Script ><a href=1>", "<script>'</script>'<a href=1>", "<script><!--</script><a href=1>--></script>", "<script><!-- <a href=0> </script><a href=1>", "<script/><a href=0></script/><a href=1>",
		"<script></scrip></scripts></ script></script\t><a href=1>", "<script><!--><script></script><a href=1>", "<script><!---><script></script><a href=1>", "<script><!-<script></script><a href=1>", "<script><!<!-<script></script><a href=1>",
		"<script><!--<script></script><a href=0></script><a href=1>", "<script><!--<script </script><a href=0></script><a href=1>", "<script><!--<script/</script><a href=0></script><a href=1>", "<script><!--<SCRIPT>--></script><a href=1>", "<script><!--<script></script>--></script><a href=1>",
		"<script><!--<scripts></script><a href=1>", "<script><!--<scrip></script><a href=1>", "<script><!--</script x='>'><a href=1>", "<script><!--<script>-</script>-><a href=0></script><a href=1>", "<script><!--<script><!--</script></script><a href=1>",
		"<script><!--<script></scripts></script></script><a href=1>", "<script><!--<script>--!></script><a href=0></script><a href=1>", "<script><!--<<script></script><a href=0></script><a href=1>", "<script><!--<script><</script><a href=0></script><a href=1>",
		"<script><!-- - -- --- --><script></script><a href=1>", "<script><!--<-><script></script><a href=0></script><a href=1>", "<script><!--<--><script></script><a href=1>", "<script><!--</--><script></script><a href=1>", "<script><!--<script></--></script><a href=1>", "<script><!--<!--<script></script></script><a href=1>",
		"<script><!-- <1 <script></script> --> <a href=0></script><a href=1>", "<script><!--<script></script><script></script><a href=0></script><a href=1>",
	}, []string{"script", `a href="1"`}},
	{"script without an end", []string{"<script><a href=0>", "<script></script", "<script></script ", "<script></script/", "<script><!--<script></script><a href=0>", "<script><!--<script>--", "<script><!", "<script><!-", "<script><", "<script></"}, []string{"script"}},
	{"style", []string{"<style>a<b>&amp;</style><a href=1>", "<STYLE>a<b>&amp;</STYLE\n><a href=1>", "<style>a<b>&amp;</style x='>'><a href=1>"}, []string{"style", `style: "a<b>&amp;"`, `a href="1"`}},
	{"style, odd", []string{"<style></styles></ style><!--\x00\r\n\r</style>-->"}, []string{"style", `style: "</styles></ style><!--` + "�" + `\n\n"`}},
	{"style without an end", []string{"<style>a</styl", "<STYLE>a</styl"}, []string{"style", `style: "a</styl"`}},
	{"style, its end without an end", []string{"<style>a</style ", "<style>a</style/", "<style>a</style x='>'"}, []string{"style", `style: "a"`}},
	{"style, empty", []string{"<style>", "<style></style>", "<style/></style>"}, []string{"style", `style: ""`}},
	{"title", []string{"<title>a&amp;b</title>", "<title>a&ampb</title>", "<title>a&#38;b</title>", "<title>a&#x26;b", "<title>a&b</title\n>", "<title>a&AMP;b", "<title>a&#00038b</title>"}, []string{"title", `title: "a&b"`}},
	{"title, odd", []string{"<title><b>&lt;</titles>\r\n\r&notin;&notit;\x00<!--</title>-->"}, []string{"title", `title: "<b><</titles>\n\n∉¬it;` + "�" + `<!--"`}},
	{"title without an end", []string{"<title>a&lt", "<title>a<"}, []string{"title", `title: "a<"`}},
	{"title, undecided at the end", []string{"<title>&#</titl"}, []string{"title", `title: "&#</titl"`}},
	{"title, empty", []string{"<title>", "<title></title>", "<title/></title x", "<title x=></title>"}, []string{"title", `title: ""`}},
	{"title, references at its end", []string{"<title>&", "<title>&</title>"}, []string{"title", `title: "&"`}},
	{"title, return at its end", []string{"<title>x\r", "<title>x\r\n", "<title>x\n</title>", "<title>x\r</title>"}, []string{"title", `title: "x\n"`}},
	{"title, longest reference", []string{"<title>&CounterClockwiseContourIntegral;&CounterClockwiseContourIntegralx;"}, []string{"title", `title: "∳&CounterClockwiseContourIntegralx;"`}},
	{"titles in the body count too", []string{"<body><div><title>a</title>"}, []string{"title", `title: "a"`}},

	{"references in values", []string{`<a href="?a=b&amp;c=d">`, `<a href=?a=b&amp;c=d>`, `<a href='?a=b&amp;c=d'>`, `<a href="?a=b&#38;c=d">`, `<a href="?a=b&c=d">`, `<a href="?a=b&#x26;c=d">`, `<a href="?a=b&AMP;c=d">`}, []string{`a href="?a=b&c=d"`}},
	{"ambiguous ampersands", []string{`<a href="?a&copy=1&copy1&copya&copy;&copy">`, `<a href=?a&copy=1&copy1&copya&copy;&copy>`}, []string{`a href="?a&copy=1&copy1&copya©©"`}},
	{"more of them", []string{`<a href="&notin;&notit;&not;&not &not&amp;&&#&#x&;&x;&#;&#x;&#xg">`}, []string{`a href="∉&notit;¬¬ ¬&&&#&#x&;&x;&#;&#x;&#xg"`}},
	{"two characters", []string{`<a href="&nGt;&nLt;&fjlig;&NotEqualTilde;">`}, []string{`a href="≫⃒≪⃒fj≂̸"`}},
	{"numbers", []string{`<a href="&#65&#65;&#x41&#X41;&#0;&#xD800;&#x110000;&#99999999999;&#x80;&#159;&#x81;&#xffff;&#5 &#1&#x10FFFF;">`}, []string{`a href="AAAA` + "����" + `€Ÿ` + `\u0081\uffff\x05 \x01\U0010ffff"`}},
	{"overflowing numbers", []string{`<a href="&#4294967361;&#x100000041;&#18446744073709551681;&#xffffffffffffffffffffffff;">`}, []string{`a href="` + "����" + `"`}},
	{"references do not end values", []string{`<a href="&quot;1&quot;">`, `<a href='&#34;1&#34'>`, `<a href=&quot;1&#x22>`}, []string{`a href="\"1\""`}},
	{"references are none in names", []string{"<&#97; href=0>", "&lt;a href=0>", "<a&#32;href=0>"}, nothing},

	{"SVG and MathML", []string{
		"<svg><a href=0></a></svg><a href=1>", "<math><a href=0></math><a href=1>", "<SVG><g><a href=0></g></SVG ><a href=1>", "<svg/><a href=1></svg>", "<math x /><a href=1>", "<svg><g><g></svg><a href=1>", "<svg><style><p><a href=1>", "<svg><style><a href=0></style><a href=0></svg><a href=1>",
		"<svg><script><a href=0></script></svg><a href=1>", "<svg><textarea></svg><a href=1>", "<svg><image src=0 href=0></svg><a href=1>", "<svg><link href=0><input><area></svg><a href=1>", "<svg><svg><a href=0></svg><a href=0></svg><a href=1>", "<svg></g></svg><a href=1>", "<svg><plaintext></svg><a href=1>",
		"<svg><title/><a href=0></svg><a href=1>", "<svg><g/><a href=0></svg><a href=1>", "<math><mi/><a href=0></math><a href=1>", "<math><title><a href=0></title></math><a href=1>", "<svg><mi><a href=0></svg><a href=1>", "<svg a=1 a=/><a href=0></svg><a href=1>", "<svg a=/><a href=0></svg><a href=1>", "<svg a=''/><a href=1>", "<svg / ><a href=0></svg><a href=1>",
		"<math><svg><title><a href=0></math><a href=1>", "<svg><template><a href=0></template></svg><a href=1>", "<svg><noscript><a href=0></noscript></svg><a href=1>", "<svg><math><mi><a href=0></svg><a href=1>", "<svg><html href=0><frameset></svg><a href=1>",
	}, one},
	{"integration points", []string{
		"<svg><foreignObject><a href=1>", "<svg><FOREIGNOBJECT x><a href=1>", "<svg><desc><a href=1></a></desc><a href=0>", "<svg><math></math><desc><a href=1></a></desc></svg>", "<math><mi><a href=1>", "<math><mo><a href=1></a></mo><a href=0>", "<math><mn><a href=1>", "<math><ms><a href=1>", "<math><mtext><a href=1></a></mtext></math>",
		"<math><annotation-xml encoding=text/html><a href=1>", "<math><annotation-xml encoding='Application/XHTML+xml'><a href=1>", "<math><annotation-xml><svg><desc><a href=1>", "<math><annotation-xml encoding='text&sol;html'><a href=1>", "<math><annotation-xml encoding=text/html encoding=x><a href=1>",
		"<math><annotation-xml encoding=x encoding=text/html><a href=0></math><a href=1>", "<math><annotation-xml encoding=' text/html'><a href=0></math><a href=1>", "<math><mi><mglyph><a href=0></math><a href=1>", "<math><mi><malignmark/><a href=1>", "<math><annotation-xml><svg></svg><a href=0></math><a href=1>", "<math><mi><svg><a href=0></svg><a href=1>",
		"<svg><desc><div></div></desc><a href=0></svg><a href=1>", "<svg><desc><p></desc></svg><a href=1>", "<svg><desc><div><span></desc></svg><a href=1>", "<svg><desc><span></desc></svg><a href=1>", "<svg><desc><p><p></p></desc><a href=0></svg><a href=1>", "<svg><desc><p><div></div></desc><a href=0></svg><a href=1>",
		"<svg><desc><b></desc></b></desc><a href=0></svg><a href=1>", "<svg><desc><br><hr><wbr></desc><a href=0></svg><a href=1>", "<svg><desc><table><tr><td><div></table></desc><a href=0></svg><a href=1>", "<svg><desc><b><p></b></p></desc><a href=0></svg><a href=1>",
		"<svg><desc><select><option></select></desc><a href=0></svg><a href=1>", "<svg><desc><div><span></div></desc><a href=0></svg><a href=1>", "<svg><desc><div></span></div></desc><a href=0></svg><a href=1>", "<svg><desc><span><div></span></div></span></desc><a href=0></svg><a href=1>",
		"<svg><desc><button><p></button></desc><a href=0></svg><a href=1>", "<svg><desc></p></desc><a href=0></svg><a href=1>", "<svg><desc></br></desc><a href=0></svg><a href=1>", "<svg><desc><xmp><a href=0></xmp></desc><a href=0></svg><a href=1>", "<svg><desc><body><head></desc><a href=0></svg><a href=1>",
		"<svg><desc><div><svg></div></desc><a href=0></svg><a href=1>", "<svg><desc><svg><desc></svg><a href=1>", "<svg><desc><div><svg></svg></div></desc><a href=0></svg><a href=1>",
	}, one},
	{"titles in SVG", []string{"<svg><title>a<a href=1></a></title></svg><title>b</title>"}, []string{`a href="1"`, "title", `title: "b"`}},
	{"styles in SVG", []string{"<svg><desc><style><a href=0></style></desc><style><p><style>x"}, []string{"style", `style: "<a href=0>"`, "style", `style: "x"`}},
	{"what breaks out", []string{
		"<svg><p><a href=1>", "<svg><g><div><a href=1>", "<math><table><a href=1>", "<math><mi><mglyph><b><a href=1>", "<svg></p><a href=1>", "<math></br><a href=1>", "<svg><font color><a href=1>", "<svg><font x size=1><a href=1>", "<svg><font FACE=y><a href=1>", "<svg><font><a href=0></svg><a href=1>",
		"<svg><font colors><a href=0></svg><a href=1>", "<svg><CODE/><a href=1>", "<svg><span><a href=1>", "<svg><h1><a href=1>", "<math><annotation-xml><p><a href=1>", "<svg><desc><svg><p></p></svg><a href=1>", "<svg><section><a href=0></svg><a href=1>", "<svg><desc><svg></p></desc><a href=0></svg><a href=1>", "<svg><ruby><a href=1>", "<svg></p></svg><a href=1>",
	}, one},
	{"elements that break out", []string{"<svg><img src=1><a href=2>", "<math><img src=1></math><a href=2>"}, []string{`img src="1"`, `a href="2"`}},
	{"others that do", []string{"<svg><meta name=1><svg><embed src=2>"}, []string{`meta name="1"`, `embed src="2"`}},
	{"end tags of what is around", []string{"<div><svg></div><a href=1>", "<b><svg><g></b><a href=1>", "<table><td><svg></td><a href=1>", "<span><svg></span><a href=1>", "<p><svg></p><a href=1>", "<button><math></button><a href=1>", "<div><svg></DIV x='>'><a href=1>", "<section><svg><style></section><a href=1>"}, one},

	{"template", []string{
		"<template><a href=0></template><a href=1>", "<template><template></template><a href=0></template><a href=1>", "<TEMPLATE/><a href=0></Template x><a href=1>", "</template><a href=1>", "<template><svg></template><a href=1>", "<template><svg><desc><a href=0></template><a href=1>", "<template><div></template><a href=1>",
		"<template><style></template></style><a href=0></template><a href=1>", "<template><title></template></title></template><a href=1>", "<template><script><!--<script></template></script></script></template><a href=1>", "<template><!--</template>--></template><a href=1>", "<template></templates></template><a href=1>", "<template><svg><p><a href=0></template><a href=1>",
		"<template><svg></svg><a href=0></template><a href=1>", "<template><svg><template></svg><a href=0></template><a href=1>", "<svg><desc><template><a href=0></desc></svg><a href=0></template><a href=1>", "<svg><desc><template></template><a href=1>", "<svg><desc><template></template></desc><a href=0></svg><a href=1>", "<template><svg></div><a href=0></template><a href=1>",
		"<template></p></br></div></svg></template><a href=1>", "<template><b></b></template><a href=1>", "<template><plaintexts></template><a href=1>", "<template><svg><![CDATA[</template>]]></template><a href=1>", "<svg><desc><p><template></p></template></p></desc><a href=0></svg><a href=1>",
	}, one},
}

package demo

var homesEurope = map[string]home{
	"de-DE": {
		places: "Berlin//10115,10969,12043 München//80331,80469 Hamburg//20095,22765 Köln//50667,50823 Frankfurt_am_Main//60311 " +
			"Leipzig//04109 Freiburg_im_Breisgau//79098 Münster//48143",
		streets: "Bahnhofstraße Hauptstraße Goethestraße Am_Markt Lindenweg Gartenstraße Schillerstraße An_der_Mühle Bergstraße",
		lines:   "% #|% #|% #a", second: "~. Stock|Hinterhaus",
	},
	"de-AT": {
		places:  "Wien//1010,1070,1200 Graz//8010 Linz//4020 Salzburg//5020 Innsbruck//6020",
		streets: "Hauptstraße Mariahilfer_Straße Kirchengasse Bahnhofstraße Feldgasse Mozartgasse", lines: "% #|% #/~", second: "Stiege ~, Tür ~",
	},
	"fr-CH": {
		places:  "Lausanne//1003,1005 Genève//1201,1205 Fribourg//1700 Neuchâtel//2000 Sion//1950 Montreux//1820",
		streets: "Rue_de_la_Gare Avenue_de_la_Gare Chemin_des_Vignes Rue_du_Lac Route_de_Berne Grand-Rue", lines: "% #", second: "Case postale #",
	},
	"fr-FR": {
		places: "Paris//75001,75011,75018 Lyon//69002 Marseille//13001 Toulouse//31000 Bordeaux//33000 Strasbourg//67000 Nantes//44000 Lille//59000",
		streets: "Rue_de_la_République Rue_Victor_Hugo Avenue_Jean_Jaurès Place_de_l’Église Rue_du_Général_de_Gaulle Boulevard_Voltaire " +
			"Impasse_des_Lilas",
		lines: "# %|# %|# bis %", second: "Bâtiment ~|Appt #",
	},
	"en-GB": {
		places: "London//N1_6AH,SE1_7TP,E2_8DD Manchester//M1_1AE Birmingham//B1_1AA Leeds//LS1_4DY Edinburgh//EH1_1YZ Glasgow//G1_1XQ " +
			"Cardiff//CF10_1EP Belfast//BT1_5GS Oxford//OX1_3QD",
		streets: "High_Street Church_Lane Station_Road Victoria_Road Mill_Lane The_Green Park_Avenue Queen’s_Crescent",
		lines:   "# %|# %|#A %", second: "Flat ~",
	},
	"ga-IE": {
		places:  "Baile_Átha_Cliath/Co._Dublin/D02_X285,D04_V1W8 Gaillimh/Co._Galway/H91_E6PD Corcaigh/Co._Cork/T12_W8KP Luimneach/Co._Limerick/V94_F9P2",
		streets: "An_tSráid_Mhór Bóthar_na_Trá Sráid_na_Siopaí Bóthar_an_Stáisiúin Sráid_Uí_Chonaill", lines: "# %", second: "Árasán ~",
	},
	"es-ES": {
		places: "Madrid/M/28013,28004 Barcelona/B/08002,08036 Valencia/V/46002 Sevilla/SE/41001 Zaragoza/Z/50003 Bilbao/BI/48009 " +
			"Málaga/MA/29015 Las_Palmas_de_Gran_Canaria/GC/35002",
		streets: "Calle_Mayor Avenida_de_la_Constitución Plaza_de_España Calle_Real Calle_San_Juan Travesía_del_Mar",
		lines:   "% #|%, #", second: "~.º B|~.º izquierda|Bajo A",
	},
	"pt-PT": {
		places:  "Lisboa//1100-148,1250-096 Porto//4000-322 Coimbra//3000-213 Braga//4700-320 Faro//8000-138 Ponta_Delgada//9500-150",
		streets: "Rua_da_Liberdade Avenida_da_República Rua_de_Santa_Catarina Largo_do_Carmo Travessa_da_Boavista",
		lines:   "% #|%, #", second: "~.º Esq.|~.º Dto.",
	},
	"it-IT": {
		places: "Roma/RM/00184,00153 Milano/MI/20121,20144 Napoli/NA/80134 Torino/TO/10121 Firenze/FI/50122 Bologna/BO/40121 " +
			"Palermo/PA/90133 Bolzano/BZ/39100",
		streets: "Via_Roma Via_Garibaldi Corso_Italia Piazza_Dante Viale_della_Libertà Via_Giuseppe_Verdi Vicolo_Stretto",
		lines:   "% #|%, #", second: "Scala B, int. ~",
	},
	"nl-NL": {
		places:  "Amsterdam//1012_JS,1054_HG Rotterdam//3011_AB Utrecht//3511_EP Den_Haag//2511_CV Groningen//9712_HG Maastricht//6211_DW",
		streets: "Kerkstraat Dorpsstraat Molenweg Prinsengracht Stationsweg Julianalaan", lines: "% #|% #-~|% #a",
	},
	"sv-SE": {
		places:  "Stockholm//11130,11826 Göteborg//41104 Malmö//21134 Uppsala//75310 Umeå//90326 Linköping//58222",
		streets: "Storgatan Drottninggatan Kungsgatan Skolgatan Björkvägen Åsgatan", lines: "% #|% # A", second: "lgh 1~0~",
	},
	"nb-NO": {
		places:  "Oslo//0150,0355 Bergen//5003,5014 Trondheim//7011 Stavanger//4006 Tromsø//9008",
		streets: "Storgata Kirkegata Skolegata Kongens_gate Bjørnveien Sjøgata", lines: "% #|% #B",
	},
	"is-IS": {
		places:  "Reykjavík//101,105,107 Akureyri//600 Kópavogur//200 Hafnarfjörður//220 Selfoss//800",
		streets: "Laugavegur Skólavörðustígur Hafnargata Aðalstræti Hlíðarvegur", lines: "% #",
	},
	"pl-PL": {
		places:  "Warszawa//00-001,02-672 Kraków//31-042 Gdańsk//80-831 Wrocław//50-101 Łódź//90-001 Poznań//61-772",
		streets: "ul._Długa ul._Marszałkowska ul._Mickiewicza al._Niepodległości ul._Kościuszki os._Słoneczne", lines: "% #|% #/~|% # m. ~",
	},
	"cs-CZ": {
		places:  "Praha//110_00,120_00 Brno//602_00 Ostrava//702_00 Plzeň//301_00 Olomouc//779_00",
		streets: "Hlavní Nádražní Masarykova Náměstí_Míru Na_Příkopě Květinová", lines: "% #|% #/~",
	},
	"hu-HU": {
		places:  "Budapest//1051,1137 Debrecen//4024 Szeged//6720 Pécs//7621 Győr//9021",
		streets: "Kossuth_Lajos_utca Petőfi_Sándor_utca Fő_utca Széchenyi_tér Ady_Endre_út Rákóczi_út",
		lines:   "% #.|% #/~.", second: "~. em. ~. ajtó", given: "last given",
	},
	"tr-TR": {
		places:  "Kadıköy/İstanbul/34710 Üsküdar/İstanbul/34664 Çankaya/Ankara/06420 Konak/İzmir/35250 Muratpaşa/Antalya/07100 Osmangazi/Bursa/16040",
		streets: "Atatürk_Caddesi Cumhuriyet_Caddesi İstiklal_Caddesi Gül_Sokak Çınar_Sokak", lines: "% No: #|% No: #/~", second: "Kat ~, Daire ~",
	},
	"uk-UA": {
		places: "Київ/місто_Київ/01001,03150 Львів/Львівська_область/79000 Одеса/Одеська_область/65000 Харків/Харківська_область/61000 " +
			"Дніпро/Дніпропетровська_область/49000 Чернівці/Чернівецька_область/58000",
		streets: "вул._Шевченка вул._Лесі_Українки просп._Свободи вул._Франка пров._Садовий вул._Незалежності", lines: "%, #|%, #, кв. #",
	},
	"bg-BG": {
		places:  "София//1000,1504 Пловдив//4000 Варна//9000 Бургас//8000 Русе//7000",
		streets: "ул._„Граф_Игнатиев“ бул._„Васил_Левски“ ул._„Шипка“ бул._„България“ ул._„Иван_Вазов“", lines: "% #|% #, ет. ~",
	},
	"sr-Cyrl-RS": {
		places:  "Београд//11000,11070 Нови_Сад//21000 Ниш//18000 Крагујевац//34000 Суботица//24000",
		streets: "Кнеза_Милоша Булевар_ослобођења Светог_Саве Краља_Петра Његошева", lines: "% #|% #/~",
	},
	"el-GR": {
		places:  "Αθήνα//104_31,115_28 Θεσσαλονίκη//546_24 Πάτρα//262_21 Ηράκλειο//712_02 Λάρισα//412_21",
		streets: "Ερμού Πανεπιστημίου Λεωφόρος_Αλεξάνδρας Εγνατία Αγίου_Δημητρίου 25ης_Μαρτίου", lines: "% #",
	},
	"ka-GE": {
		places:  "თბილისი//0105,0160 ბათუმი//6000 ქუთაისი//4600 რუსთავი//3700",
		streets: "რუსთაველის_გამზირი ჭავჭავაძის_გამზირი აღმაშენებლის_ქუჩა წერეთლის_ქუჩა", lines: "% #|% #, ბინა #",
	},
	"hy-AM": {
		places:  "Երևան/Երևան/0010,0001 Գյումրի/Շիրակ/3101 Վանաձոր/Լոռի/2001",
		streets: "Աբովյան_փողոց Մաշտոցի_պողոտա Տերյան_փողոց Խանջյան_փողոց", lines: "% #|% #, բն. #",
	},
}
